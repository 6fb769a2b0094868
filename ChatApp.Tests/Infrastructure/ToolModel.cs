using System.Runtime.CompilerServices;
using System.Text.Json;
using ChatApp.Tools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Infrastructure;

/// <summary>A model that calls what it is told to, one list of calls for each time it is asked, and then says what its tools said.</summary>
internal sealed class ToolModel(params (string Name, string Arguments)[][] rounds) : IChatClient
{
    /// <summary>What it was asked last.</summary>
    public IReadOnlyList<ChatMessage> Asked { get; private set; } = [];

    /// <summary>What it was offered last.</summary>
    public ChatOptions? Options { get; private set; }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        (Asked, Options) = ([.. messages], options);
        await Task.Yield();
        // Since the last question: an earlier one had calls of its own.
        var results = Asked.Reverse().TakeWhile(message => message.Role != ChatRole.User).Where(message => message.Role == ChatRole.Tool).Reverse().ToList();
        if (results.Count < rounds.Length)
        {
            var calls = rounds[results.Count].Select((call, i) => (AIContent)new FunctionCallContent(
                $"call_{i + 1}", call.Name, JsonSerializer.Deserialize<Dictionary<string, object?>>(call.Arguments)));
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new TextContent($"Round {results.Count + 1}. "), .. calls]);
            yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.ToolCalls };
            yield break;
        }

        var said = results.SelectMany(message => message.Contents.OfType<FunctionResultContent>()).Select(result => result.Result);
        yield return new ChatResponseUpdate(ChatRole.Assistant, $"They said: {string.Join("; ", said)}");
        yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    /// <summary>Starts the app around it, with the tools <c>look</c>, which is used by default, and <c>remove</c>, which waits for a yes.</summary>
    public Task<TestApp> StartAsync(Action<WebApplicationBuilder>? configure = null) => TestApp.StartAsync(() => this, time: null, log: null, builder =>
    {
        builder.Services.AddSingleton<IToolSource>(new Source());
        configure?.Invoke(builder);
    });

    private sealed class Source : IToolSource
    {
        public IReadOnlyList<Tool> Tools { get; } =
        [
            new Tool(AIFunctionFactory.Create((string file) => $"{file} has two lines", "look", "Looks into a file.")) { IsDefault = true },
            new Tool(AIFunctionFactory.Create((string file) => $"{file} is removed", "remove", "Removes a file.")) { IsDefault = true, Approval = ToolApproval.Always },
        ];
    }
}
