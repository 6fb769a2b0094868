using ChatApp.Providers;
using ChatApp.Providers.Scripted;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

/// <summary>Plays a script to its end, without waiting unless the script says so.</summary>
internal static class ScriptedPlay
{
    public static readonly ChatMessage Hello = new(ChatRole.User, "Hello there");

    public static IChatClient Client(string model, TimeProvider? time = null) =>
        new ScriptedProviderKind(time ?? TimeProvider.System).Create("scripted", new ProviderOptions()).CreateClient(model);

    /// <summary>All updates of a script, which starts at once and never waits.</summary>
    public static async Task<List<ChatResponseUpdate>> AllAsync(string model, ChatOptions? options = null, params ChatMessage[] messages)
    {
        var updates = new List<ChatResponseUpdate>();
        await DrainAsync(model, updates, options, messages);
        return updates;
    }

    /// <summary>The same into a list of the caller's, which keeps what came before a failure.</summary>
    public static async Task DrainAsync(string model, List<ChatResponseUpdate> into, ChatOptions? options = null, params ChatMessage[] messages)
    {
        using var client = Client($"ttft=0;rate=0;{model}");
        await foreach (var update in client.GetStreamingResponseAsync(messages.Length > 0 ? messages : [Hello], options))
        {
            into.Add(update);
        }
    }

    public static string[] Tokens(this IEnumerable<ChatResponseUpdate> updates) =>
        [.. updates.SelectMany(update => update.Contents).OfType<TextContent>().Select(content => content.Text)];

    public static string Text(this IEnumerable<ChatResponseUpdate> updates) => string.Concat(updates.Tokens());

    public static UsageDetails? Usage(this IEnumerable<ChatResponseUpdate> updates) =>
        updates.SelectMany(update => update.Contents).OfType<UsageContent>().SingleOrDefault()?.Details;
}
