using System.Collections.Immutable;
using ChatApp.Conversations;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ChatApp.Components.Chat;

/// <summary>
/// The turns of a conversation, and what a reader does with them. The buttons are markup; TurnList.razor.js hears them all and calls here. A call may come
/// late or be made up: what can't be done now is not done.
/// </summary>
public sealed partial class TurnList : IAsyncDisposable
{
    private const string Busy = "An answer is being made. Wait for it, or stop it, then try again.";
    private const string Gone = "This is not shown any more. Reload the page and try again there.";

    private const string Answered = "This call was answered already, or does not wait any more.";

    private bool _isGone;
    private string? _why;
    private ElementReference _element;
    private IJSObjectReference? _module;
    private DotNetObjectReference<TurnList>? _self;

    /// <summary>The turns, oldest first.</summary>
    [Parameter, EditorRequired]
    public required ImmutableList<ChatTurn> Turns { get; set; }

    /// <summary>Whether an answer is being made: then no other can be asked for.</summary>
    [Parameter]
    public bool IsRunning { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    [Inject]
    private IJSRuntime JS { get; set; } = null!;

    /// <summary>The Markdown of a turn's answer, for the clipboard.</summary>
    [JSInvokable]
    public string ReadAnswer(string turnId) => Find(turnId)?.Run?.ReadText() ?? "";

    /// <summary>Answers a turn's question again; false where that is refused, as of all that follows.</summary>
    [JSInvokable]
    public Task<bool> Regenerate(string turnId) =>
        TryAsync(Find(turnId) is { } turn && (turn.Run?.IsEnded ?? true), () => Session.RegenerateAsync(turnId));

    /// <summary>Goes on with a turn's answer that was cut.</summary>
    [JSInvokable]
    public Task<bool> Continue(string turnId) =>
        TryAsync(Find(turnId) is { } turn && AnswerWords.CanContinue(turn), () => Session.ContinueAsync(turnId));

    /// <summary>Shows the version before or after the one that is shown.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="ofAnswer">Whether of its answer, else of its question.</param>
    /// <param name="step">-1 or 1.</param>
    [JSInvokable]
    public Task<bool> Select(string turnId, bool ofAnswer, int step)
    {
        var turn = Find(turnId);
        var (all, shown) = ofAnswer ? (turn?.Answers ?? [], turn?.AnswerId) : (turn?.Questions ?? [], turn?.Id);
        var at = shown is null ? -1 : all.ToList().IndexOf(shown);
        var next = at + Math.Sign(step);
        return TryAsync(at >= 0 && next != at && next >= 0 && next < all.Count, () => Session.SelectAsync(all[next]));
    }

    /// <summary>Asks another question in a turn's place; for a text that fits into one call.</summary>
    [JSInvokable]
    public Task<bool> EditText(string turnId, string text) =>
        TryAsync(Find(turnId) is not null, () => Session.EditAsync(turnId, text));

    /// <summary>As <see cref="EditText"/>, for a text too long for one call.</summary>
    [JSInvokable]
    public async Task<bool> EditStream(string turnId, IJSStreamReference text)
    {
        await using var stream = await text.OpenReadStreamAsync(Composer.MaxBytes);
        using var reader = new StreamReader(stream);
        return await EditText(turnId, await reader.ReadToEndAsync());
    }

    /// <summary>Answers a tool call that waits for a yes or no.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="approvalId">What the call waits under.</param>
    /// <param name="isApproved">Yes or no.</param>
    /// <param name="reason">Why not; the model is told.</param>
    [JSInvokable]
    public async Task<bool> AnswerCall(string turnId, string approvalId, bool isApproved, string? reason)
    {
        var isDone = Find(turnId) is not null && await Session.AnswerCallAsync(turnId, approvalId, isApproved, string.IsNullOrWhiteSpace(reason) ? null : reason.Trim());
        _why = isDone ? null : Session.Held ?? Answered;
        return isDone;
    }

    /// <summary>What to tell the reader who was refused.</summary>
    [JSInvokable]
    public string WhyRefused() => _why ?? Session.Held ?? (Session.Snapshot.IsRunning ? Busy : Gone);

    public async ValueTask DisposeAsync()
    {
        _isGone = true;
        _self?.Dispose();
        try
        {
            if (_module is not null)
            {
                await _module.DisposeAsync();
            }
        }
        catch (Exception exception) when (exception is JSDisconnectedException or JSException or OperationCanceledException)
        {
            // The browser is gone, or going, and the module with it.
        }
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        try
        {
            _self = DotNetObjectReference.Create(this);
            _module = await JS.InvokeAsync<IJSObjectReference>("import", "./" + Assets["Components/Chat/TurnList.razor.js"]);
            if (!_isGone)
            {
                await _module.InvokeVoidAsync("attach", _element, _self, Composer.MaxBytes);
            }
        }
        catch (Exception exception) when (exception is JSDisconnectedException or OperationCanceledException || (_isGone && exception is JSException))
        {
            // As above.
        }
    }

    private Task<bool> TryAsync(bool canBeDone, Func<Task> act)
    {
        _why = Session.Snapshot.IsRunning ? Busy : canBeDone ? null : Gone;
        return _why is null ? Answers.OfAsync(act()) : Task.FromResult(false);
    }

    private ChatTurn? Find(string turnId) => Session.Snapshot.Turns.Find(turn => turn.Id == turnId);
}
