using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>A model that says what the test tells it to, when it tells it to, and knows whether its caller still listens.</summary>
internal sealed class FakeChatClient : IChatClient
{
    private readonly Channel<ChatResponseUpdate> _updates = Channel.CreateUnbounded<ChatResponseUpdate>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    /// <summary>How often it was asked.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What it was asked last.</summary>
    public IReadOnlyList<ChatMessage> Asked { get; private set; } = [];

    /// <summary>Ends when the caller has closed the answer, read to its end or not.</summary>
    public Task Closed => _closed.Task;

    public void Say(string text) => Send(new TextContent(text));

    public void Send(params AIContent[] contents) => _updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, contents));

    /// <summary>Asks for calls and ends this answer; what is said after that is the answer to their results.</summary>
    public void Call(params FunctionCallContent[] calls)
    {
        Send([.. calls]);
        _updates.Writer.TryWrite(new ChatResponseUpdate { FinishReason = ChatFinishReason.ToolCalls });
    }

    /// <summary>Gives the end marker and ends the stream.</summary>
    public void Finish(ChatFinishReason? reason = null)
    {
        _updates.Writer.TryWrite(new ChatResponseUpdate { FinishReason = reason ?? ChatFinishReason.Stop });
        _updates.Writer.TryComplete();
    }

    /// <summary>Ends the stream without an end marker, or with an error.</summary>
    public void Break(Exception? exception = null) => _updates.Writer.TryComplete(exception);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        Asked = [.. messages];
        try
        {
            await foreach (var update in _updates.Reader.ReadAllAsync(cancellationToken))
            {
                yield return update;
                if (update.FinishReason == ChatFinishReason.ToolCalls)
                {
                    break;
                }
            }
        }
        finally
        {
            _closed.TrySetResult();
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

/// <summary>Models that answer one request each, in turn. A request that is refused takes none.</summary>
internal sealed class FakeChatClients(params FakeChatClient[] models) : IChatClient
{
    private int _next;

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        models[Interlocked.Increment(ref _next) - 1].GetStreamingResponseAsync(messages, options, cancellationToken);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

/// <summary>A catalog whose every model is the client the test gives it; the models <c>unknown</c> and <c>down</c> can't be had.</summary>
internal sealed class FakeCatalog(Func<string, IChatClient> client) : IModelCatalog
{
    public FakeCatalog(IChatClient client)
        : this(_ => client)
    {
    }

    public FakeCatalog(Func<IChatClient> client)
        : this(_ => client())
    {
    }

    public string DefaultModel => "fake/model";

    public ValueTask<IReadOnlyList<ModelInfo>> ListAsync(CancellationToken cancellationToken) => new([new ModelInfo(DefaultModel, "fake", "model")]);

    public IReadOnlyList<string>? ToolsOf(string? id) => null;

    public ResolvedModel Resolve(string? id) => id switch
    {
        "unknown" => throw new UnknownModelException("There is no model unknown."),
        "down" => throw new ProviderUnavailableException("The provider is down."),
        _ => new ResolvedModel(string.IsNullOrEmpty(id) ? DefaultModel : id, client(string.IsNullOrEmpty(id) ? DefaultModel : id)),
    };
}
