using ChatApp.Providers;
using ChatApp.Storage;
using ChatApp.Tools;

namespace ChatApp.Conversations;

/// <summary>Which tools a model is given in a conversation.</summary>
public sealed class UsualTools(ToolBox tools, IModelCatalog catalog)
{
    /// <summary>All tools there are, and which of them are used.</summary>
    /// <param name="model">The model that is asked; null for the default one.</param>
    /// <param name="chosen">What was decided about tools.</param>
    public IReadOnlyList<ToolChoice> Choices(string? model, ConversationTools chosen)
    {
        var usual = Of(model);
        return [.. tools.All.Select(tool => new ToolChoice(tool, chosen.IsOn(tool.Name, usual?.Contains(tool.Name, StringComparer.Ordinal) ?? tool.IsDefault)))];
    }

    // What the model's provider says; null where it says nothing.
    private IReadOnlyList<string>? Of(string? model)
    {
        try
        {
            return catalog.ToolsOf(model);
        }
        catch (Exception exception) when (exception is UnknownModelException or ProviderUnavailableException)
        {
            // Nothing can be asked of it, which whoever asks is told.
            return null;
        }
    }
}

/// <summary>A tool as it stands in a conversation.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="IsOn">Whether it is used for the next question.</param>
public sealed record ToolChoice(Tool Tool, bool IsOn);
