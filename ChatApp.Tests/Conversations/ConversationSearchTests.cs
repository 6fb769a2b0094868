using System.Text.Json;
using ChatApp.Conversations;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tests.Storage;
using ChatApp.Tests.Tools;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Conversations;

public sealed class ConversationSearchTests
{
    [Fact]
    public async Task Search_OfTheAsker_FindsTheirOwnOthersOnly()
    {
        using var directory = new TemporaryDirectory();
        await using var store = await TestStore.OpenAsync(("Path", directory.Path));
        await store.Conversations.ImportAsync(TestStore.Conversation("a", "ann", "Rust [notes]"), [TestStore.Message("a1", text: "How does the borrow checker think?")]);
        await store.Conversations.ImportAsync(TestStore.Conversation("b", "ann", "", minute: 5), [TestStore.Message("b1", text: "borrow a bicycle")]);
        await store.Conversations.ImportAsync(TestStore.Conversation("c", "ann", "borrow", minute: 9), []);
        await store.Conversations.ImportAsync(TestStore.Conversation("x", "ben", "Ben's secret"), [TestStore.Message("x1", text: "borrow the canary")]);

        var text = await SearchAsync(store.Conversations, "borrow", "ann", "c");

        Assert.Equal("Found 2 conversations:\n\n- [Untitled](/c/b), 2026-01-01\n  borrow a bicycle\n\n- [Rust (notes)](/c/a), 2026-01-01\n  How does the borrow checker think?", text);
        Assert.StartsWith("Found 1 conversation:\n\n- [borrow](/c/c)", await SearchAsync(store.Conversations, "borrow", "ann", null, limit: 1), StringComparison.Ordinal);
        Assert.Equal("No other conversation holds all of these words: canary", await SearchAsync(store.Conversations, "canary", "ann", null));
        Assert.StartsWith("No other", await SearchAsync(store.Conversations, "borrow", "", null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_WithoutWordsOrARun_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        await using var store = await TestStore.OpenAsync(("Path", directory.Path));

        await Assert.ThrowsAsync<ToolException>(() => SearchAsync(store.Conversations, " ", "ann", null));
        await Assert.ThrowsAsync<ToolException>(() => SearchAsync(store.Conversations, new string('x', 501), "ann", null));
        await Assert.ThrowsAsync<ToolException>(() => new ConversationSearch(store.Conversations).Tools[0].Function.InvokeAsync(new AIFunctionArguments { ["query"] = "x" }).AsTask());
        Assert.False(new ConversationSearch(store.Conversations).Tools[0].IsDefault);
        Assert.Equal(["query"], new ConversationSearch(store.Conversations).Tools[0].Function.JsonSchema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    private static async Task<string> SearchAsync(ConversationStore store, string query, string owner, string? conversation, int limit = 5) =>
        ((JsonElement)(await new ConversationSearch(store).Tools[0].Function.InvokeAsync(new AIFunctionArguments { ["query"] = query, ["limit"] = limit }
            .With(new ToolCall { Owner = owner, RunId = "r", ConversationId = conversation, Report = _ => { } })))!).GetString()!;
}
