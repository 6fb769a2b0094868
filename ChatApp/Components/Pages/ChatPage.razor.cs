using ChatApp.Components.Chat;
using ChatApp.Conversations;
using ChatApp.Runs;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Pages;

/// <summary>
/// The chat: a new one, or the conversation the address names. It renders when the conversation's structure changes; text that grows is the answers' own
/// business. One page for both addresses, so that going from one to the other keeps it, with what is being written.
/// </summary>
public sealed partial class ChatPage : IDisposable
{
    private ChatSnapshot _shown = null!;
    private string? _question;
    private string? _addressed;
    private bool _isReadingEarlier;
    private string? _whyNotEarlier;

    /// <summary>The conversation to show; null for a new one.</summary>
    [Parameter]
    public string? Id { get; set; }

    /// <summary>The model to begin with.</summary>
    [SupplyParameterFromQuery]
    public string? Model { get; set; }

    /// <summary>What the composer is filled with. Never sent: a link must not make anyone say anything.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Question { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private Run? LastRun => _shown.Turns is [.., { Run: { } run }] ? run : null;

    private string? Key => _shown.ConversationId ?? Id;

    public void Dispose() => Session.Changed -= OnChanged;

    protected override void OnInitialized()
    {
        _question = Question;
        // Subscribed first, read second: what falls in between is then seen twice rather than never.
        Session.Changed += OnChanged;
        _shown = Session.Snapshot;
    }

    protected override async Task OnParametersSetAsync()
    {
        // The address of what was begun here has been set by ourselves: it is open.
        if (Id is null || Id != Session.Snapshot.ConversationId || Session.Snapshot.Problem is not null)
        {
            if (Id is null && Session.Snapshot.Problem is not null)
            {
                Session.NewChat();
            }

            if (!Session.TryOpen(Id) && Id is { } id)
            {
                var opening = Session.OpenAsync(id);
                Take();
                await opening;
            }
        }

        (_addressed, _whyNotEarlier) = (Id, null);
        if (!string.IsNullOrWhiteSpace(Model))
        {
            Session.PickModel(Model);
        }

        Take();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        // After the page shows it: the first question gave the chat an address of its own.
        if (Id is null && _addressed is null && _shown.ConversationId is { } begun)
        {
            _addressed = begun;
            Navigation.NavigateTo($"/c/{Uri.EscapeDataString(begun)}", replace: true);
        }
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
            Take();
            StateHasChanged();
        }
    }

    // Where there is no chat there is no composer: the next one is another chat's, which the link said nothing about.
    private void Take()
    {
        _shown = Session.Snapshot;
        _question = _shown.Problem is null ? _question : null;
    }

    private Task<bool> StopAsync() => Answers.OfAsync(Session.StopAsync());

    private Task<bool> Ask(string text) => Session.SendAsync(text);

    private Task<bool> AskFromComposer(string text) => Session.SendAsync(text, keepsDraft: true);

    private async Task ShowEarlierAsync()
    {
        if (!_isReadingEarlier)
        {
            (_isReadingEarlier, _whyNotEarlier) = (true, null);
            var isRead = await Answers.OfAsync(Session.LoadEarlierAsync());
            (_isReadingEarlier, _whyNotEarlier) = (false, isRead ? null : Session.Held);
        }
    }
}
