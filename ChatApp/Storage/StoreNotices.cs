namespace ChatApp.Storage;

/// <summary>
/// Says that something changed: within this process at once, and to the other nodes on the same PostgreSQL with a <c>NOTIFY</c>, gathered to at most one in
/// 50 ms. It is a hint: one that is lost costs a reader up to a second, never an event.
/// </summary>
public sealed class StoreNotices
{
    private readonly Lock _lock = new();
    private Action<StoreNotice>[] _subscribers = [];

    /// <summary>Calls <paramref name="noticed"/> for every change, on any thread: it must be quick and must not throw. Disposing the result ends that.</summary>
    public IDisposable Subscribe(Action<StoreNotice> noticed)
    {
        lock (_lock)
        {
            _subscribers = [.. _subscribers, noticed];
        }

        return new Subscription(this, noticed);
    }

    /// <summary>What is to be told to other nodes as well; null where there are none.</summary>
    internal Action<StoreNotice>? Others { get; set; }

    /// <summary>Says that something changed, once it is stored.</summary>
    internal void Publish(StoreNotice notice)
    {
        // On its own node, a run tells its readers itself.
        if (notice.Kind != StoreNoticeKind.Run)
        {
            Tell(notice);
        }

        Others?.Invoke(notice);
    }

    /// <summary>Tells this process alone.</summary>
    internal void Tell(StoreNotice notice)
    {
        foreach (var subscriber in _subscribers)
        {
            subscriber(notice);
        }
    }

    private void Remove(Action<StoreNotice> noticed)
    {
        lock (_lock)
        {
            var at = Array.IndexOf(_subscribers, noticed);
            if (at >= 0)
            {
                _subscribers = [.. _subscribers[..at], .. _subscribers[(at + 1)..]];
            }
        }
    }

    private sealed class Subscription(StoreNotices notices, Action<StoreNotice> noticed) : IDisposable
    {
        private Action<StoreNotice>? _noticed = noticed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _noticed, null) is { } ended)
            {
                notices.Remove(ended);
            }
        }
    }
}

/// <summary>What changed.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Id">Which one.</param>
public readonly record struct StoreNotice(StoreNoticeKind Kind, string Id);

public enum StoreNoticeKind
{
    /// <summary>A run has more events; with the run's id. Only from other nodes: on its own node, a run tells its readers itself.</summary>
    Run,

    /// <summary>A run is asked to stop; with the run's id.</summary>
    Stop,

    /// <summary>A conversation has other messages, another leaf or another title, or an answer in it began or ended; with its id.</summary>
    Conversation,

    /// <summary>An owner's list of conversations changed; with the owner's name.</summary>
    List,

    /// <summary>Something that a run waits for was answered; with the run's id.</summary>
    Answer,

    /// <summary>Notices may have been lost: anything may have changed.</summary>
    Everything,
}
