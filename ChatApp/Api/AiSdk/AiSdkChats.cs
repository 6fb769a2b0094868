using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.AiSdk;

/// <summary>Which run each chat's last request started: clients know their chat by an id of their own and ask for what runs in it.</summary>
internal sealed class AiSdkChats(RunHost host)
{
    private const int SweepFrom = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string? Caller, string Chat), Latest> _latest = [];
    private int _sweepAt = SweepFrom;

    /// <summary>How many chats it knows.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _latest.Count;
            }
        }
    }

    /// <summary>Notes that a chat's last request started a run.</summary>
    public void Remember(Caller caller, string chat, Latest latest)
    {
        lock (_lock)
        {
            _latest[(caller.Name, chat)] = latest;
            if (_latest.Count >= _sweepAt)
            {
                Sweep();
            }
        }
    }

    /// <summary>The chat's last run; null where there was none, or it has been forgotten.</summary>
    public Latest? Find(Caller caller, string chat)
    {
        lock (_lock)
        {
            return _latest.TryGetValue((caller.Name, chat), out var latest) && host.FindOwn(latest.Run.Id, caller) is not null ? latest : null;
        }
    }

    // A run is kept for a while after its end; its chat is kept no longer than until the next sweep, which costs each request a constant share.
    private void Sweep()
    {
        foreach (var (key, latest) in _latest)
        {
            if (host.FindOwn(latest.Run.Id, new Caller(key.Caller, "")) is null)
            {
                _latest.Remove(key);
            }
        }

        _sweepAt = Math.Max(SweepFrom, 2 * _latest.Count);
    }

    /// <param name="Run">The run.</param>
    /// <param name="MessageId">The message that its answer goes on with, where it does.</param>
    /// <param name="CallIds">Ids of the calls that the client has from before.</param>
    internal sealed record Latest(Run Run, string? MessageId, IReadOnlyList<string> CallIds);
}
