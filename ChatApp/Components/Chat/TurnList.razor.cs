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

    /// <summary>Answers a turn's question again.</summary>
    [JSInvokable]
    public Task Regenerate(string turnId) =>
        !Session.Snapshot.IsRunning && Find(turnId) is { } turn && (turn.Run?.IsEnded ?? true) ? Session.RegenerateAsync(turnId) : Task.CompletedTask;

    /// <summary>Goes on with a turn's answer that was cut.</summary>
    [JSInvokable]
    public Task Continue(string turnId) =>
        !Session.Snapshot.IsRunning && Find(turnId) is { } turn && AnswerWords.CanContinue(turn) ? Session.ContinueAsync(turnId) : Task.CompletedTask;

    /// <summary>Shows the version before or after the one that is shown.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="ofAnswer">Whether of its answer, else of its question.</param>
    /// <param name="step">-1 or 1.</param>
    [JSInvokable]
    public Task Select(string turnId, bool ofAnswer, int step)
    {
        if (Session.Snapshot.IsRunning || Find(turnId) is not { } turn)
        {
            return Task.CompletedTask;
        }

        var (all, shown) = ofAnswer ? (turn.Answers, turn.AnswerId) : (turn.Questions, turn.Id);
        var at = shown is null ? -1 : all.ToList().IndexOf(shown);
        var next = at + Math.Sign(step);
        return at >= 0 && next != at && next >= 0 && next < all.Count ? Session.SelectAsync(all[next]) : Task.CompletedTask;
    }

    /// <summary>Asks another question in a turn's place; for a text that fits into one call.</summary>
    [JSInvokable]
    public Task<bool> EditText(string turnId, string text) =>
        Session.Snapshot.IsRunning || Find(turnId) is null ? Task.FromResult(false) : Session.EditAsync(turnId, text);

    /// <summary>As <see cref="EditText"/>, for a text too long for one call.</summary>
    [JSInvokable]
    public async Task<bool> EditStream(string turnId, IJSStreamReference text)
    {
        await using var stream = await text.OpenReadStreamAsync(Composer.MaxBytes);
        using var reader = new StreamReader(stream);
        return await EditText(turnId, await reader.ReadToEndAsync());
    }

    /// <summary>What to tell the writer whose edit was refused.</summary>
    [JSInvokable]
    public string WhyRefused() =>
        Session.Held ?? (Session.Snapshot.IsRunning ? "An answer is being made. Wait for it, or stop it, then send again." : "This question is not shown any more. Reload the page and edit it there.");

    public async ValueTask DisposeAsync()
    {
        _self?.Dispose();
        try
        {
            if (_module is not null)
            {
                await _module.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and the module with it.
        }
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _self = DotNetObjectReference.Create(this);
            _module = await JS.InvokeAsync<IJSObjectReference>("import", "./" + Assets["Components/Chat/TurnList.razor.js"]);
            await _module.InvokeVoidAsync("attach", _element, _self, Composer.MaxBytes);
        }
    }

    private ChatTurn? Find(string turnId) => Session.Snapshot.Turns.Find(turn => turn.Id == turnId);
}
