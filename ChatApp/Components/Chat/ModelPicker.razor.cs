using ChatApp.Conversations;
using ChatApp.Providers;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Chat;

/// <summary>The models to pick from. Asked for once the page stands: an endpoint that is slow to list its own must not hold it up.</summary>
public sealed partial class ModelPicker : IDisposable
{
    private static readonly Dictionary<string, object> Labels = new() { ["aria-label"] = "Model" };
    private readonly CancellationTokenSource _gone = new();
    private List<Choice> _choices = [];
    private IReadOnlyList<ModelInfo> _models = [];

    /// <summary>The model picked now, listed or not.</summary>
    [Parameter, EditorRequired]
    public required string Model { get; set; }

    /// <summary>Takes another pick.</summary>
    [Parameter, EditorRequired]
    public required Action<string> Picked { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
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

        try
        {
            _models = await Session.ListModelsAsync(_gone.Token);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            return;
        }

        Fill();
        StateHasChanged();
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
        }
    }

    private sealed record Choice(string Id, string Name, string Note, bool IsDisabled)
    {
        /// <summary>What it is called aloud and found by.</summary>
        public string Label => $"{Name} {Note}";
    }
}
