using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>A model of ChatApp as a chat service of a kernel. It is looked up at each request, and calls functions where the settings say so.</summary>
internal sealed class CatalogCompletionService(Func<IModelCatalog> catalog, string? model) : IChatCompletionService
{
    public IReadOnlyDictionary<string, object?> Attributes { get; } = new Dictionary<string, object?>(StringComparer.Ordinal) { [AIServiceExtensions.ModelIdKey] = model };

    public Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default) =>
        Service().GetChatMessageContentsAsync(chatHistory, executionSettings, kernel, cancellationToken);

    public IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default) =>
        Service().GetStreamingChatMessageContentsAsync(chatHistory, executionSettings, kernel, cancellationToken);

    private IChatCompletionService Service() =>
        catalog().Resolve(model).Client.AsBuilder().UseKernelFunctionInvocation().Build().AsChatCompletionService();
}

/// <summary>Says of a registered service that it is a <see cref="CatalogCompletionService"/>.</summary>
internal sealed record CatalogService(ServiceDescriptor Descriptor);
