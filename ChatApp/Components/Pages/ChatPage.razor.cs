using ChatApp.Conversations;
using ChatApp.Runs;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Pages;

/// <summary>The chat. It renders when the conversation's structure changes; text that grows is the answers' own business.</summary>
public sealed partial class ChatPage : IDisposable
{
    private ChatSnapshot _shown = null!;

    /// <summary>The model to begin with.</summary>
    [SupplyParameterFromQuery]
    public string? Model { get; set; }

    /// <summary>What the composer is filled with. Never sent: a link must not make anyone say anything.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Question { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    private Run? LastRun => _shown.Turns is [.., { Run: { } run }] ? run : null;

    public void Dispose() => Session.Changed -= OnChanged;

    protected override void OnInitialized()
    {
        if (!string.IsNullOrWhiteSpace(Model))
        {
            Session.PickModel(Model);
        }

        // Subscribed first, read second: what falls in between is then seen twice rather than never.
        Session.Changed += OnChanged;
        _shown = Session.Snapshot;
    }

    // Raised with every token: only a new snapshot is worth a render.
    private void OnChanged()
    {
        if (!ReferenceEquals(Session.Snapshot, _shown))
        {
            _ = InvokeAsync(Show);
        }
    }

    private void Show()
    {
        if (!ReferenceEquals(Session.Snapshot, _shown))
        {
            _shown = Session.Snapshot;
            StateHasChanged();
        }
    }

    private bool Ask(string text) => Session.Send(text);

    private bool AskFromComposer(string text) => Session.Send(text, keepsDraft: true);

    private void NewChat() => Session.NewChat();
}
