using ChatApp.Storage;

namespace ChatApp.Runs;

/// <summary>Answers to calls that wait for somebody's yes or no.</summary>
public sealed partial class RunHost
{
    /// <summary>Gives the answer to a call of the run that waits for it, wherever the run is made.</summary>
    /// <param name="run">The run, as <see cref="FindAsync"/> gives it: of the caller's own.</param>
    /// <param name="id">The request's id, see <see cref="ApprovalRequestEvent"/>.</param>
    /// <param name="answer">Yes or no.</param>
    /// <returns>False where nothing waits under that id any more.</returns>
    public Task<bool> AnswerAsync(Run run, string id, ApprovalAnswer answer) => Task.FromResult(run.TryAnswer(id, answer));

    // For the whole conversation from here on, and not only once the run has ended.
    private async Task KeepApprovalAsync(Run run, string fingerprint)
    {
        try
        {
            await (_conversations?.SetToolsAsync(run.ConversationId!, run.Owner ?? "", tools => tools.WithApproved([fingerprint])) ?? Task.CompletedTask);
        }
        catch (StorageException exception)
        {
            // It is asked again the next time.
            Log.ApprovalNotKept(_logger, run.Id, exception.Fault);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "That a tool was approved for the conversation of run {RunId} can't be stored ({Fault}); it is asked again")]
        public static partial void ApprovalNotKept(ILogger logger, string runId, StorageFault fault);
    }
}
