using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatApp.Tests.Providers;

/// <summary>What a client made of an upstream's answer.</summary>
internal sealed class UpstreamPlay
{
    /// <summary>Looks like a key, so that it may turn up nowhere.</summary>
    public const string Key = "sk-canary-0123456789abcdef";

    public static readonly ChatMessage Hello = new(ChatRole.User, "Hello");

    public List<ChatResponseUpdate> Updates { get; } = [];

    public ProviderException? Failure { get; private set; }

    public IEnumerable<AIContent> Contents => Updates.SelectMany(u => u.Contents);

    public string Text => string.Concat(Contents.OfType<TextContent>().Select(c => c.Text));

    public string Reasoning => string.Concat(Contents.OfType<TextReasoningContent>().Select(c => c.Text));

    public ChatFinishReason? Finish => Updates.Select(u => u.FinishReason).SingleOrDefault(f => f is not null);

    public UsageDetails? Usage => Contents.OfType<UsageContent>().LastOrDefault()?.Details;

    public static IModelProvider OpenAI(FakeUpstream upstream, string? key = Key, TimeProvider? time = null) =>
        OpenAI(upstream.Endpoint, key, time);

    public static IModelProvider OpenAI(Uri endpoint, string? key = Key, TimeProvider? time = null) =>
        new OpenAIProviderKind(time ?? TimeProvider.System, NullLogger<OpenAIProviderKind>.Instance)
            .Create("openai", new ProviderOptions { Kind = "openai", Endpoint = endpoint, ApiKey = key, Models = { "*" } });

    public static IModelProvider Anthropic(FakeUpstream upstream) =>
        new AnthropicProviderKind(TimeProvider.System, NullLogger<AnthropicProviderKind>.Instance)
            .Create("anthropic", new ProviderOptions { Kind = "anthropic", Endpoint = upstream.Address, ApiKey = Key, Models = { "*" } });

    /// <summary>One attempt, its failures told as the app tells them, without retries.</summary>
    public static IChatClient Client(IModelProvider provider) =>
        new ProviderErrorClient(provider.CreateClient("m"), provider.Name, NullLogger.Instance);

    public static async Task<UpstreamPlay> OpenAIAsync(string wire)
    {
        await using var upstream = await FakeUpstream.StreamAsync(wire);
        return await DrainAsync(Client(OpenAI(upstream)));
    }

    public static async Task<UpstreamPlay> OpenAIAsync(Func<FakeExchange, Task> script)
    {
        await using var upstream = await FakeUpstream.StartAsync(script);
        return await DrainAsync(Client(OpenAI(upstream)));
    }

    public static async Task<UpstreamPlay> AnthropicAsync(Func<FakeExchange, Task> script)
    {
        await using var upstream = await FakeUpstream.StartAsync(script);
        return await DrainAsync(Client(Anthropic(upstream)));
    }

    public static async Task<UpstreamPlay> DrainAsync(IChatClient client, ChatOptions? options = null)
    {
        var play = new UpstreamPlay();
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync([Hello], options))
            {
                play.Updates.Add(update);
            }
        }
        catch (ProviderException e)
        {
            play.Failure = e;
        }

        return play;
    }
}
