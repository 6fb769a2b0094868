using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ChatApp.Components.Chat;

/// <summary>Where people write. Enter and Escape are the browser's business (Composer.razor.js); here arrives what is sent.</summary>
public sealed partial class Composer : IAsyncDisposable
{
    /// <summary>The most bytes a message may have.</summary>
    internal const int MaxBytes = 1_000_000;

    private bool _isGone;
    private ElementReference _element;
    private IJSObjectReference? _module;
    private DotNetObjectReference<Composer>? _self;

    /// <summary>What it is filled with at first.</summary>
    [Parameter]
    public string? Text { get; set; }

    /// <summary>The conversation whose draft it holds; null for a new one.</summary>
    [Parameter, EditorRequired]
    public required string? Key { get; set; }

    /// <summary>Whether an answer is being made: then it offers Stop in place of Send.</summary>
    [Parameter, EditorRequired]
    public required bool IsRunning { get; set; }

    /// <summary>Sends; false means refused, and the text stays.</summary>
    [Parameter, EditorRequired]
    public required Func<string, Task<bool>> Send { get; set; }

    /// <summary>Why <see cref="Send"/> or <see cref="Stop"/> refused last, for people; null where the page shows it by itself.</summary>
    [Parameter]
    public Func<string?>? Why { get; set; }

    /// <summary>Stops the answer being made; false means refused.</summary>
    [Parameter, EditorRequired]
    public required Func<Task<bool>> Stop { get; set; }

    [Inject]
    private IJSRuntime JS { get; set; } = null!;

    /// <summary>Takes a message that fits into one call.</summary>
    [JSInvokable]
    public Task<bool> SendText(string text) => Send(text);

    /// <summary>Takes a message too long for one: a call may have 32 kB, a stream comes in pieces.</summary>
    [JSInvokable]
    public async Task<bool> SendStream(IJSStreamReference text)
    {
        await using var stream = await text.OpenReadStreamAsync(MaxBytes);
        using var reader = new StreamReader(stream);
        return await Send(await reader.ReadToEndAsync());
    }

    /// <summary>What to tell the reader who was refused.</summary>
    [JSInvokable]
    public string? WhyRefused() => Why?.Invoke();

    /// <summary>Stops the answer being made.</summary>
    [JSInvokable]
    public Task<bool> StopAnswer() => Stop();

    public async ValueTask DisposeAsync()
    {
        _isGone = true;
        _self?.Dispose();
        try
        {
            if (_module is not null)
            {
                await _module.InvokeVoidAsync("detach");
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
            _module = await JS.InvokeAsync<IJSObjectReference>("import", "./" + Assets["Components/Chat/Composer.razor.js"]);
            if (!_isGone)
            {
                await _module.InvokeVoidAsync("attach", _element, _self, MaxBytes);
            }
        }
        catch (Exception exception) when (exception is JSDisconnectedException or OperationCanceledException || (_isGone && exception is JSException))
        {
            // As above.
        }
    }
}
