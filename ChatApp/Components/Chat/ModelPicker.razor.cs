using ChatApp.Conversations;
using ChatApp.Providers;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ChatApp.Components.Chat;

/// <summary>The models to pick from. Asked for once the page stands: an endpoint that is slow to list its own must not hold it up.</summary>
public sealed partial class ModelPicker : IDisposable
{
    private static readonly Dictionary<string, object> Labels = new() { ["aria-label"] = "Model" };
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationToken _whileHere;
    private List<Choice> _choices = [];
    private (string?, List<Choice>?) _shown;
    private IReadOnlyList<ModelInfo> _models = [];

    public ModelPicker() => _whileHere = _gone.Token;

    /// <summary>The model picked now, listed or not.</summary>
    [Parameter, EditorRequired]
    public required string Model { get; set; }

    /// <summary>The conversation for which it is picked; null for a new one.</summary>
    [Parameter]
    public string? Conversation { get; set; }

    /// <summary>Takes another pick.</summary>
    [Parameter, EditorRequired]
    public required Action<string> Picked { get; set; }

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime JS { get; set; } = null!;

    [Inject]
    private ChatSession Session { get; set; } = null!;

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    // The drop-down and all its parts come along with every render, so only for something to show.
    protected override bool ShouldRender()
    {
        var shown = (Model, _choices);
        var isStale = shown != _shown;
        _shown = shown;
        return isStale;
    }

    protected override void OnParametersSet()
    {
        if (!_choices.Exists(choice => choice.Id == Model))
        {
            Fill();
        }
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        await RestoreAsync();
        try
        {
            _models = await Session.ListModelsAsync(_whileHere);
        }
        catch (OperationCanceledException) when (_whileHere.IsCancellationRequested)
        {
            return;
        }

        if (!_whileHere.IsCancellationRequested)
        {
            Fill();
            StateHasChanged();
        }
    }

    // A model named in the address need not be listed: a provider may take any id.
    private void Fill()
    {
        _choices = [.. _models.Select(model => new Choice(model.Id, model.Name, model.Unavailable ?? model.Provider, model.Unavailable is not null))];
        if (!_choices.Exists(choice => choice.Id == Model))
        {
            _choices.Insert(0, new Choice(Model, AnswerWords.ModelName(Model), Model.Split('/')[0], IsDisabled: false));
        }
    }

    private void Pick(string? id)
    {
        if (id is not null && _choices.Exists(choice => choice.Id == id && !choice.IsDisabled))
        {
            Picked(id);
            _ = KeepAsync(id);
        }
    }

    // A pick that nothing was asked of yet is nowhere but in this tab: a page that has to load again finds it there.
    private async Task RestoreAsync()
    {
        try
        {
            var kept = await JS.InvokeAsync<string?>("sessionStorage.getItem", _whileHere, KeptAs);
            if (!_whileHere.IsCancellationRequested && kept is { Length: > 0 and <= 1000 } && kept != Model && !Navigation.Uri.Contains("model=", StringComparison.Ordinal))
            {
                Picked(kept);
            }
        }
        catch (Exception exception) when (exception is JSException or JSDisconnectedException or OperationCanceledException)
        {
            // No storage, or no page any more.
        }
    }

    private async Task KeepAsync(string id)
    {
        try
        {
            await JS.InvokeVoidAsync("sessionStorage.setItem", _whileHere, KeptAs, id);
        }
        catch (Exception exception) when (exception is JSException or JSDisconnectedException or OperationCanceledException)
        {
            // As above.
        }
    }

    private string KeptAs => $"model:{Conversation}";

    private sealed record Choice(string Id, string Name, string Note, bool IsDisabled)
    {
        /// <summary>What it is called aloud and found by.</summary>
        public string Label => $"{Name} {Note}";
    }
}
