using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>A model that calls what it is told to, a list of calls each time it is asked, and then says what it was told by the tools.</summary>
internal sealed class CallingModel(params FunctionCallContent[][] rounds) : IChatClient
{
    /// <summary>What it was sent, each time.</summary>
    public ConcurrentQueue<IReadOnlyList<ChatMessage>> Asked { get; } = new();

    public static FunctionCallContent Call(string id, string name, string text = "x") => new(id, name, new Dictionary<string, object?> { ["text"] = text });

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var sent = messages.ToList();
        Asked.Enqueue(sent);
        var round = sent.Count(message => message.Role == ChatRole.Tool);
        if (round < rounds.Length)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new TextContent($"Step {round + 1}.")]);
            yield return new ChatResponseUpdate(ChatRole.Assistant, [.. rounds[round]]);
            yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.ToolCalls };
            yield break;
        }

        var results = sent.Where(message => message.Role == ChatRole.Tool).SelectMany(message => message.Contents.OfType<FunctionResultContent>()).Select(result => result.Result);
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new TextContent($"Told: {string.Join(" | ", results)}")]);
        yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
