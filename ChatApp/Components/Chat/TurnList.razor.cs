using System.Collections.Immutable;
using ChatApp.Conversations;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ChatApp.Components.Chat;

/// <summary>The turns of a conversation, and what a reader copies from them.</summary>
public sealed partial class TurnList : IAsyncDisposable
{
    private ElementReference _element;
    private IJSObjectReference? _module;
    private DotNetObjectReference<TurnList>? _self;

    /// <summary>The turns, oldest first.</summary>
    [Parameter, EditorRequired]
    public required ImmutableList<ChatTurn> Turns { get; set; }

    private string? LastTurnId => Turns is [.., { } last] ? last.Id : null;

    /// <summary>The Markdown of a turn's answer, for the clipboard.</summary>
    [JSInvokable]
    public string ReadAnswer(int turn) => turn >= 0 && turn < Turns.Count ? Turns[turn].Run?.ReadText() ?? "" : "";

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
            await _module.InvokeVoidAsync("attach", _element, _self);
        }
    }
}
