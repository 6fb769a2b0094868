using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ChatApp.Runs;
using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>
/// The branch of a stored conversation that is shown, as this process knows it; all who look at it here share it. It reads itself again when something
/// changes, wherever that was done. Safe from any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore holds nothing to free: nobody takes its wait handle.")]
public sealed class Conversation
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Func<Conversation, int, Task<ConversationReading?>> _read;
    private readonly Dictionary<string, RunProblem> _refusals = [];
    private int _most;
    private int _isStale;

    /// <param name="row">The conversation.</param>
    /// <param name="most">How many messages to show at first.</param>
    /// <param name="read">Reads so many messages of it from the database; null where it is gone.</param>
    internal Conversation(ConversationRow row, int most, Func<Conversation, int, Task<ConversationReading?>> read)
    {
        (Id, Owner, Title, Tools) = (row.Id, row.Owner, row.Title, row.Tools);
        _most = most;
        _read = read;
    }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>The name its owner's things are stored under.</summary>
    public string Owner { get; }

    /// <summary>What it is called.</summary>
    public string Title { get; private set; }

    /// <summary>What its owner has decided about tools in it.</summary>
    public ConversationTools Tools { get; private set; }

    /// <summary>Whether it has been read.</summary>
    internal bool IsRead { get; private set; }

    /// <summary>Whether it is gone: deleted, here or elsewhere.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The turns of the branch that is shown, oldest first.</summary>
    public ImmutableList<ChatTurn> Turns { get; private set; } = [];

    /// <summary>Whether the branch has earlier turns than <see cref="Turns"/>.</summary>
    public bool HasEarlier { get; private set; }

    /// <summary>The answer being made at the end of the branch.</summary>
    public Run? Running => Turns is [.., { Run: { IsEnded: false } run }] ? run : null;

    /// <summary>Whether somebody looks at it.</summary>
    internal bool IsWatched => Changed is not null;

    /// <summary>Raised on any thread when any of this changed; not with the text of an answer.</summary>
    public event Action? Changed;

    /// <summary>Reads it again. Several who ask at once cost two readings at most.</summary>
    /// <exception cref="StorageException">The database can't be read.</exception>
    public async Task RefreshAsync()
    {
        Volatile.Write(ref _isStale, 1);
        await _reading.WaitAsync();
        try
        {
            if (Interlocked.Exchange(ref _isStale, 0) == 0)
            {
                // Whoever held it before has read what there was when this was asked.
                return;
            }

            ConversationReading? reading;
            try
            {
                reading = await _read(this, Volatile.Read(ref _most));
            }
            catch
            {
                // Not read is still to be read.
                Volatile.Write(ref _isStale, 1);
                throw;
            }

            lock (_lock)
            {
                (IsRead, IsGone) = (true, reading is null);
                if (reading is not null)
                {
                    (Title, HasEarlier, Tools) = (reading.Title, reading.HasEarlier, reading.Tools);
                    Turns = ConversationTurns.Of(reading, Turns, _refusals);
                }
            }
        }
        finally
        {
            _reading.Release();
        }

        Changed?.Invoke();
    }

    /// <summary>Shows more of the branch's beginning.</summary>
    public Task LoadEarlierAsync()
    {
        Interlocked.Add(ref _most, ConversationBook.PageMessages);
        return RefreshAsync();
    }

    /// <summary>Notes why a question, which is stored, was not answered.</summary>
    public void Refuse(string questionId, RunProblem problem)
    {
        lock (_lock)
        {
            _refusals[questionId] = problem;
            Turns = Turns.ConvertAll(turn => turn.Id == questionId ? turn with { Refusal = problem } : turn);
        }

        Changed?.Invoke();
    }

    /// <summary>Notes that a turn's answer was stopped.</summary>
    public void NoteStop(Run run, TimeSpan took)
    {
        lock (_lock)
        {
            Turns = Turns.ConvertAll(turn => turn.Run == run ? turn with { StopTook = took } : turn);
        }

        Changed?.Invoke();
    }
}

/// <summary>What was read of a conversation.</summary>
/// <param name="Title">What it is called.</param>
/// <param name="Messages">The end of the branch that is shown, oldest first.</param>
/// <param name="Runs">The runs of its answers, by id.</param>
/// <param name="HasEarlier">Whether there is more before them.</param>
internal sealed record ConversationReading(string Title, IReadOnlyList<MessageRow> Messages, IReadOnlyDictionary<string, Run> Runs, bool HasEarlier)
{
    /// <summary>What its owner has decided about tools in it.</summary>
    public ConversationTools Tools { get; init; } = ConversationTools.None;
}

/// <summary>An answer is being made in this conversation.</summary>
/// <param name="runId">The run that makes it.</param>
public sealed class ConversationBusyException(string runId) : Exception("An answer is being made in this conversation. Wait for it, or stop it.")
{
    /// <summary>The run that makes it.</summary>
    public string RunId { get; } = runId;
}

/// <summary>There is no conversation of that id, or no longer.</summary>
public sealed class UnknownConversationException() : Exception("There is no such conversation, or no longer.");

/// <summary>There is no message of that id in the conversation.</summary>
public sealed class UnknownMessageException() : Exception("There is no such message in this conversation.");
