using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace ChatApp.Api;

/// <summary>Asks in conversations: their own messages and the prompt are what the model is sent.</summary>
internal sealed class ConversationRuns(RunHost host, ConversationBook book, IOptions<RunsOptions> options)
{
    // The running answers that go on for a while at most once nobody reads them. Those of the page are not among them: it reads in another way.
    private readonly ConditionalWeakTable<Run, Run> _leavable = [];

    public RunHost Host => host;

    public ConversationBook Book => book;

    /// <summary>Asks in a conversation. An answer in it that nobody reads any more is stopped for that: its reader left, and only has not been waited for long enough.</summary>
    /// <exception cref="ConversationBusyException">An answer is being made that is read, or that goes on without a reader.</exception>
    public Task<StartedRun> AskAsync(Conversation conversation, string prompt, string? system, RunRequest request) =>
        StartAsync(conversation, request, start => conversation.Ask(prompt, system, start));

    /// <summary>Asks a turn's question again, in place of its answer and of all turns after it.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="pick">Finds the turn; without one the prompt is asked as a new one.</param>
    /// <param name="prompt">What is asked.</param>
    /// <param name="system">What the model is told before all else, if anything.</param>
    /// <param name="request">How to answer.</param>
    /// <exception cref="ConversationBusyException">An answer is being made that is read, or that goes on without a reader.</exception>
    public Task<StartedRun> AskAgainAsync(Conversation conversation, Func<ImmutableList<ChatTurn>, ChatTurn?> pick, string prompt, string? system, RunRequest request) =>
        StartAsync(conversation, request, start => pick(conversation.Turns) is { } turn
            ? conversation.AskAgain(turn.Id, start, system)
            : conversation.Ask(prompt, system, start));

    private async Task<StartedRun> StartAsync(Conversation conversation, RunRequest request, Func<Func<IReadOnlyList<ChatMessage>, Run?>, ChatTurn?> ask)
    {
        for (var mayStop = true; ; mayStop = false)
        {
            try
            {
                if (host.FindStarted(request.Idempotency) is { } known)
                {
                    return known;
                }

                if (Begin(conversation, request, ask) is { } started)
                {
                    return started;
                }
            }
            catch (ConversationBusyException) when (host.FindStarted(request.Idempotency) is { } known)
            {
                // The same request, sent twice at once: the other one was quicker.
                return known;
            }
            catch (ConversationBusyException busy) when (mayStop && FindUnread(busy.RunId, request.Caller) is { } unread)
            {
                await host.StopAsync(unread);
            }
        }
    }

    // Null where the turn to ask again went away meanwhile.
    private StartedRun? Begin(Conversation conversation, RunRequest request, Func<Func<IReadOnlyList<ChatMessage>, Run?>, ChatTurn?> ask)
    {
        StartedRun? started = null;
        var turn = ask(messages =>
        {
            started = host.Start(request with { Messages = messages, ConversationId = conversation.Id });
            return started.Replayed ? null : started.Run;
        });
        if (turn is not null)
        {
            if ((request.OnDisconnect ?? options.Value.OnDisconnect) != DisconnectPolicy.Continue)
            {
                _leavable.Add(started!.Run, started.Run);
            }

            book.Add(conversation);
        }

        return started;
    }

    private Run? FindUnread(string runId, Caller caller) =>
        host.Find(runId, caller) is { } run && _leavable.TryGetValue(run, out _) && host.ReadersOf(run) == 0 ? run : null;
}
