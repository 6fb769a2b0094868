namespace ChatApp.Runs;

/// <summary>The calls of a run that wait for somebody's yes or no.</summary>
public sealed partial class Run
{
    private readonly Dictionary<string, TaskCompletionSource<ApprovalAnswer>> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _approved = new(StringComparer.Ordinal);
    private readonly List<KeptContents> _kept = [];

    /// <summary>Called, on any thread, with the fingerprint of each tool that is approved for good.</summary>
    internal Action<string>? Approving { get; set; }

    /// <summary>Stores what the run was asked, so that it can wait without this process; called before each request for a yes or no. Null where it is not stored.</summary>
    internal Func<Task>? Asking { get; set; }

    /// <summary>Gives the answer to a request that this process has for itself, unless somebody's is stored; returns the one that counts. Null where none is stored.</summary>
    internal Func<string, ApprovalAnswer, Task<ApprovalAnswer>>? Settling { get; set; }

    /// <summary>Whether what it was asked is stored.</summary>
    internal bool IsRequestStored { get; set; }

    /// <summary>How many of <see cref="Kept"/> are stored with it; -1 where that is to be stored anew.</summary>
    internal int StoredKept { get; set; } = -1;

    /// <summary>What the models said that no event tells of, and want back with the results of their calls.</summary>
    internal IReadOnlyList<KeptContents> Kept
    {
        get
        {
            lock (_lock)
            {
                return [.. _kept];
            }
        }
    }

    /// <summary>Whether it waits for somebody's yes or no, and may do so for long.</summary>
    internal bool IsWaiting
    {
        get
        {
            lock (_lock)
            {
                return _asked.Count > 0;
            }
        }
    }

    /// <summary>The definitions of tools that were approved for good while it was made.</summary>
    internal IReadOnlyCollection<string> Approved
    {
        get
        {
            lock (_lock)
            {
                return [.. _approved];
            }
        }
    }

    /// <summary>Whether the tool of that definition was approved for good while it was made.</summary>
    internal bool IsApproved(string fingerprint)
    {
        lock (_lock)
        {
            return _approved.Contains(fingerprint);
        }
    }

    /// <summary>Keeps what a model said in a round that no event tells of.</summary>
    internal void Keep(KeptContents contents)
    {
        lock (_lock)
        {
            _kept.Add(contents);
        }
    }

    /// <summary>Asks for a yes or no and waits for it.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isAsked">Whether it was asked before, by the process that made the run then.</param>
    internal async Task<ApprovalAnswer> AskAsync(ApprovalRequestEvent request, CancellationToken cancellationToken, bool isAsked = false)
    {
        if (!isAsked && Asking is { } asking)
        {
            await asking();
        }

        TaskCompletionSource<ApprovalAnswer>? answer;
        lock (_lock)
        {
            if (!_asked.TryGetValue(request.Id, out answer))
            {
                _asked[request.Id] = answer = new TaskCompletionSource<ApprovalAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        if (!isAsked)
        {
            Append(request);
        }

        await ((Task)answer.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _asked.Remove(request.Id);
        }

        // Whoever has answered in the very moment in which the waiting ended was told that it counts.
        return answer.Task.IsCompleted ? await answer.Task : throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Notes what was answered.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="fingerprint">The tool's definition, where a yes holds for good.</param>
    /// <returns>False where nothing is added to the run any more: it has ended, or another process goes on with it, and makes the call.</returns>
    internal bool NoteAnswer(ApprovalRequestEvent request, ApprovalAnswer answer, string? fingerprint)
    {
        if (!Append(new ApprovalResponseEvent(request.Id, request.CallId, answer.IsApproved, answer.Reason) { Agent = request.Agent }))
        {
            return false;
        }

        if (answer.IsApproved && fingerprint is not null)
        {
            lock (_lock)
            {
                _approved.Add(fingerprint);
            }

            Approving?.Invoke(fingerprint);
        }

        return true;
    }

    /// <summary>Gives the answer to a request that this process waits with.</summary>
    /// <returns>False where nothing waits under that id, or it was answered.</returns>
    internal bool TryAnswer(string id, ApprovalAnswer answer)
    {
        lock (_lock)
        {
            return _asked.TryGetValue(id, out var asked) && asked.TrySetResult(answer);
        }
    }
}

/// <summary>Somebody's yes or no to a tool call.</summary>
/// <param name="IsApproved">Yes or no.</param>
/// <param name="Reason">Why, for the model; null for no word about it.</param>
public sealed record ApprovalAnswer(bool IsApproved, string? Reason = null);
