namespace ChatApp.Storage;

/// <summary>
/// All writes of this process, one after the other, those that are urgent first, on a thread of their own: a database has one writer at a time anyway, and a thread that
/// waits for a lock must be none of the pool's.
/// </summary>
internal sealed class WriteQueue : IDisposable
{
    /// <summary>So many wait at most; one more is refused at once.</summary>
    private const int Capacity = 1024;

    // What a job may take beyond its own limit before it is given up unseen.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private readonly Queue<Job> _jobs = new();
    private readonly Queue<Job> _urgent = new();
    private readonly Thread _thread;
    private bool _closed;

    public WriteQueue()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "Storage writer" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the writer thread once all before it are done.</summary>
    /// <param name="work">What to do. Its argument is how long it may wait for a lock.</param>
    /// <param name="wait">How long the job may wait, in the queue and for a lock; one that has waited longer and was not begun is refused.</param>
    /// <param name="isUrgent">Whether it goes before those that are not: what many wait for, and what keeps this process's lease.</param>
    public async Task<T> RunAsync<T>(Func<TimeSpan, T> work, TimeSpan wait, bool isUrgent = false)
    {
        var job = new Job<T>(work, wait);
        lock (_jobs)
        {
            if (_closed)
            {
                throw new StorageException(StorageFault.Unreachable, "The server is shutting down and has closed its database.");
            }

            if (!isUrgent && _jobs.Count >= Capacity)
            {
                throw Busy();
            }

            (isUrgent ? _urgent : _jobs).Enqueue(job);
            Monitor.Pulse(_jobs);
        }

        try
        {
            return await job.Done.WaitAsync(wait + Grace);
        }
        catch (TimeoutException) when (job.GiveUp())
        {
            throw Busy();
        }
        catch (TimeoutException)
        {
            // It has begun: only its end says whether it was stored.
            return await job.Done;
        }
    }

    /// <summary>Takes no more jobs, does those it has, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_jobs)
        {
            _closed = true;
            Monitor.Pulse(_jobs);
        }

        _thread.Join();
    }

    private static StorageException Busy() => new(StorageFault.Busy, "The database is held by another writer. Try again in a few seconds.");

    private void Work()
    {
        while (true)
        {
            Job job;
            lock (_jobs)
            {
                while (_jobs.Count + _urgent.Count == 0)
                {
                    if (_closed)
                    {
                        return;
                    }

                    Monitor.Wait(_jobs);
                }

                job = _urgent.Count > 0 ? _urgent.Dequeue() : _jobs.Dequeue();
            }

            job.Run();
        }
    }

    private abstract class Job
    {
        public abstract void Run();
    }

    private sealed class Job<T>(Func<TimeSpan, T> work, TimeSpan wait) : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // A lock on a disk is waited for in real time, whatever the app's clock says.
        private readonly long _asked = TimeProvider.System.GetTimestamp();
        private int _taken;

        public Task<T> Done => _done.Task;

        /// <summary>Takes the job out of the queue.</summary>
        /// <returns>False where it has begun.</returns>
        public bool GiveUp() => Interlocked.Exchange(ref _taken, 1) == 0;

        public override void Run()
        {
            if (!GiveUp())
            {
                return;
            }

            try
            {
                // One whose time is over is tried all the same, without waiting: the lock may be free by now.
                var left = wait - TimeProvider.System.GetElapsedTime(_asked);
                _done.SetResult(work(left > TimeSpan.Zero ? left : TimeSpan.Zero));
            }
            catch (Exception exception)
            {
                // Whatever it is, it is the asker's: the writer goes on with the next job.
                _done.SetException(exception);
            }
        }
    }
}
