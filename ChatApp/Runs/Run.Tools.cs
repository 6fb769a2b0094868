namespace ChatApp.Runs;

/// <summary>Whose a run's tool calls are: most are made here, and some by the program that asked.</summary>
public sealed partial class Run
{
    private readonly HashSet<string> _approvals = new(StringComparer.Ordinal);

    /// <summary>The tools that the program that asked has declared, and whose calls it makes itself.</summary>
    public IReadOnlySet<string> ClientTools { get; internal set; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether there are tools that are called here.</summary>
    public bool HasTools { get; internal set; }

    /// <summary>Whether a call of the tool is for the program that asked; any other is made here, and has its result in the run.</summary>
    public bool IsForClient(string tool) => ClientTools.Count > 0 && (!HasTools || ClientTools.Contains(tool));

    /// <summary>The id of a request for a yes or no, which no other in this run has: models may use a call's id again.</summary>
    internal string NewApprovalId(string callId)
    {
        lock (_lock)
        {
            var id = $"{Id[^8..]}-{callId}";
            for (var n = 2; !_approvals.Add(id); n++)
            {
                id = $"{Id[^8..]}-{callId}-{n}";
            }

            return id;
        }
    }
}
