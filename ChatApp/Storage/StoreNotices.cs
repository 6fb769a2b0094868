namespace ChatApp.Storage;

/// <summary>
/// Says that something changed: within this process at once, and to the other nodes on the same PostgreSQL with a <c>NOTIFY</c>, gathered to at most one in
/// 50 ms. It is a hint: one that is lost costs a reader up to a second, never an event.
/// </summary>
public sealed class StoreNotices
{
    /// <summary>Calls <paramref name="noticed"/> for every change, on any thread: it must be quick and must not throw. Disposing the result ends that.</summary>
    public IDisposable Subscribe(Action<StoreNotice> noticed) => throw new NotSupportedException();

    /// <summary>Says that something changed, once it is stored.</summary>
    internal void Publish(StoreNotice notice) => throw new NotSupportedException();
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

    /// <summary>Notices may have been lost: anything may have changed.</summary>
    Everything,
}
