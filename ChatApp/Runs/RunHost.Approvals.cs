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
}
