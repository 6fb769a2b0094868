namespace ChatApp.Api.Native.Sockets;

/// <summary>How many errors a client may make: one that makes <see cref="Most"/> within a minute does not listen to what it is told.</summary>
internal sealed class ErrorBudget(TimeProvider time)
{
    public const int Most = 10;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _errors = new(Most);

    /// <summary>Counts an error; true where it was one too many.</summary>
    public bool Spend()
    {
        while (_errors.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= Window)
        {
            _errors.Dequeue();
        }

        _errors.Enqueue(time.GetTimestamp());
        return _errors.Count >= Most;
    }
}
