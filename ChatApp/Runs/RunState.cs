namespace ChatApp.Runs;

/// <summary>Where a run stands. Everything from <see cref="Completed"/> on is an end, and a run ends once.</summary>
public enum RunState
{
    /// <summary>Accepted, the model not yet asked.</summary>
    Queued,

    /// <summary>The model has been asked; the answer may be coming.</summary>
    Running,

    /// <summary>The provider said that the answer is whole.</summary>
    Completed,

    /// <summary>Somebody stopped it, or its last reader left.</summary>
    Cancelled,

    /// <summary>Cut short: by a length limit, a time-out, or a connection that ended without the provider's end marker. The text stands.</summary>
    Incomplete,

    /// <summary>Something went wrong; <see cref="Run.Problem"/> says what.</summary>
    Failed,

    /// <summary>The process that owned the run went away.</summary>
    Interrupted,
}

public static class RunStateExtensions
{
    private static readonly string[] Names = [.. Enum.GetNames<RunState>().Select(name => name.ToLowerInvariant())];

    /// <summary>Whether the run has ended and can't change any more.</summary>
    public static bool IsEnded(this RunState state) => state >= RunState.Completed;

    /// <summary>The state of that name.</summary>
    internal static RunState Parse(string name) => (RunState)Math.Max(0, Array.IndexOf(Names, name));

    /// <summary>The state's name in every protocol and in the page: lower case.</summary>
    public static string ToWire(this RunState state) => Names[(int)state];
}
