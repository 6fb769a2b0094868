using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Providers.Guide;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

public sealed class GuideTests
{
    [Theory]
    [InlineData("How do I connect OpenAI?", "Models: Connect OpenAI")]
    [InlineData("How do I use Claude?", "Models: Connect Claude (Anthropic)")]
    [InlineData("Hi, does it work with vLLM?", "Models: Connect vLLM, llama.cpp, LM Studio or another compatible server")]
    [InlineData("what is TTFT", "Metrics: What TTFT (time to first token) means")]
    [InlineData("Where are my conversations saved?", "Privacy: What is stored, and where")]
    [InlineData("What keyboard shortcuts are there?", "Keyboard shortcuts")]
    [InlineData("how do I cancel an answer", "Getting started: Stop an answer")]
    [InlineData("Which timeouts are there?", "Configuration: Timeouts and limits")]
    [InlineData("Which events does the stream have?", "Streaming API: Events of a stream")]
    [InlineData("I get a 401 error", "Troubleshooting: The key is refused (401 or 403)")]
    [InlineData("what does close@300 do?", "The scripted model: Make a script fail or pause")]
    [InlineData("Are images shown?", "Markdown in answers: Images in answers")]
    [InlineData("is there a login?", "Security: Sign in on the page")]
    [InlineData("How do I make an API key?", "Security: Make an API key")]
    public void Question_AboutTheDocs_IsAnsweredFromTheRightSection(string question, string source)
    {
        var answer = GuideMind.Answer(question, null, isFirst: false);

        Assert.Equal([source], answer.Sources.Select(section => section.Title));
        Assert.Contains($"Sources: {source} (`docs/", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("What is the capital of France?")]
    [InlineData("Write me a poem about the sea")]
    [InlineData("¿Qué puedes hacer?")]
    [InlineData("東京の天気は?")]
    public void Question_AboutAnythingElse_IsNotKnown(string question)
    {
        var answer = GuideMind.Answer(question, null, isFirst: false);

        Assert.StartsWith("I don't know that.", answer.Text, StringComparison.Ordinal);
        Assert.Empty(answer.Sources);
    }

    [Theory]
    [InlineData("hello", "no AI")]
    [InlineData("", "no AI")]
    [InlineData("Who are you?", "no AI")]
    [InlineData("so, are you an AI or not?", "no AI")]
    [InlineData("thanks!", "You're welcome")]
    [InlineData("what can you do", "show me a table")]
    [InlineData("Show me a table of fruit", "| Provider |")]
    [InlineData("show me some code please", "```csharp")]
    [InlineData("show me math", "$$")]
    [InlineData("show me tools", "scripted/tools=2")]
    [InlineData("show me an error", "scripted/error%3D500%40100")]
    [InlineData("everything", "[^1]:")]
    [InlineData("What can you show me?", "show me a table")]
    [InlineData("Show me a table and some code", "| Provider |")]
    [InlineData("Show me a table and some code", "```csharp")]
    [InlineData("Write a long answer with tables", "all of ChatApp's docs")]
    [InlineData("give me a demo", "> [!TIP]")]
    public void Wish_ForWhatItKnowsByHeart_IsGranted(string question, string part) =>
        Assert.Contains(part, GuideMind.Answer(question, null, isFirst: false).Text, StringComparison.Ordinal);

    [Fact]
    public void Wish_ForALongAnswer_GetsAllTheDocs()
    {
        var text = GuideMind.Answer("Give me a long answer", null, isFirst: false).Text;

        Assert.True(text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length > 2000);
        Assert.Contains("## Streaming API", text, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
    }

    [Fact]
    public void FollowUp_AfterAQuestion_IsUnderstoodWithIt()
    {
        var answer = GuideMind.Answer("and for Claude?", "How do I connect Ollama?", isFirst: false);

        Assert.Equal("Models: Connect Claude (Anthropic)", Assert.Single(answer.Sources).Title);
    }

    [Theory]
    [InlineData("How do I connect Ollama?")]
    [InlineData("hello")]
    [InlineData("show me math")]
    [InlineData("Who won?")]
    public async Task FirstAnswer_ToAnything_SaysThatItIsNoAI(string question)
    {
        var first = await PlayAsync(new ChatMessage(ChatRole.User, question));
        var second = await PlayAsync(new(ChatRole.User, question), new(ChatRole.Assistant, "…"), new(ChatRole.User, "What is TTFT?"));

        Assert.Contains("no AI", first.Select(update => update.Update).Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("no AI", second.Select(update => update.Update).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_FromTheDocs_CitesThemAndCounts()
    {
        var updates = (await PlayAsync(new ChatMessage(ChatRole.User, "How do I connect Ollama?"))).ConvertAll(update => update.Update);

        var citation = Assert.IsType<CitationAnnotation>(Assert.Single(updates.SelectMany(update => update.Contents).SelectMany(content => content.Annotations ?? [])));
        Assert.Equal(("Models: Connect Ollama", "docs/models.md"), (citation.Title, citation.Url?.ToString()));
        Assert.Equal(updates.Tokens().Count(token => token.Length > 0), updates.Usage()?.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task Reasoning_WhenAskedFor_ComesBeforeTheAnswer()
    {
        var kinds = (await PlayAsync(new ChatMessage(ChatRole.User, "think about it"))).SelectMany(update => update.Update.Contents).Select(content => content.GetType()).ToList();

        Assert.Equal([typeof(ThinkingContent), typeof(TextReasoningContent)], kinds[..2]);
        Assert.True(kinds.LastIndexOf(typeof(TextReasoningContent)) < kinds.IndexOf(typeof(TextContent)));
    }

    [Fact]
    public async Task Pace_OfAnAnswer_IsAReadersAndTheSameEachTime()
    {
        var once = await PlayAsync(new ChatMessage(ChatRole.User, "what can you do"));
        var again = await PlayAsync(new ChatMessage(ChatRole.User, "what can you do"));

        Assert.Equal(once.Select(update => (update.Ms, update.Update.Text)), again.Select(update => (update.Ms, update.Update.Text)));
        var words = once[1..];
        Assert.InRange(words[0].Ms, 200, 400);
        Assert.InRange(words.Count / ((words[^1].Ms - words[0].Ms) / 1000), 55, 65);
    }

    [Theory]
    [InlineData("what time is it in Tokyo and what is 17 % of 4310?", "clock Tokyo", "calculator 17 % of 4310")]
    [InlineData("What's the time in New York, and 17% of 4310?", "clock New York", "calculator 17% of 4310")]
    [InlineData("what time is it", "clock ")]
    [InlineData("Hi, what time is it now?", "clock ")]
    [InlineData("What is the time in Berlin and Tokyo?", "clock Berlin", "clock Tokyo")]
    [InlineData("what day is it?", "clock ")]
    [InlineData("what is 12*7?", "calculator 12*7")]
    [InlineData("what's 2+2", "calculator 2+2")]
    [InlineData("calculate (3 + 4) * 2^10", "calculator (3 + 4) * 2^10")]
    [InlineData("How much is 12 times 7?", "calculator 12 * 7")]
    [InlineData("what is the square root of 2", "calculator sqrt(2)")]
    [InlineData("what is max(1, pi)?", "calculator max(1, pi)")]
    [InlineData("search my chats for borrow checker", "search_conversations borrow checker")]
    [InlineData("What did we say about \"Rust\"?", "search_conversations Rust")]
    [InlineData("What is the time to first token?")]
    [InlineData("what is 404?")]
    [InlineData("what does close@300 do?")]
    [InlineData("What is version 1.2.3?")]
    [InlineData("what is 2026-11-21 about")]
    [InlineData("Where are my conversations saved?")]
    [InlineData("How do I search my conversations?")]
    public void Question_ForATool_IsReadAsItsCalls(string question, params string[] calls) =>
        Assert.Equal(calls, GuideTask.Read(question).Tasks.Select(task => $"{task.Tool} {task.Value}"));

    [Fact]
    public async Task Tools_Offered_AreCalledInTurnsThenTheResultsAreSaid()
    {
        var question = new ChatMessage(ChatRole.User, "what time is it in Tokyo and what is 17 % of 4310?");
        var tools = new ChatOptions { Tools = [Declared("clock"), Declared("calculator")] };
        var asked = await PlayWithAsync(tools, question);
        var calls = asked.SelectMany(update => update.Update.Contents).OfType<FunctionCallContent>().ToList();

        Assert.Equal(["clock", "calculator"], calls.Select(call => call.Name));
        Assert.Equal([0, 1, 0, 1], asked.SelectMany(update => update.Update.Contents).OfType<ToolCallDeltaContent>().Take(4).Select(delta => delta.Index));
        Assert.Equal(ChatFinishReason.ToolCalls, asked[^1].Update.FinishReason);
        Assert.Empty(asked.Select(update => update.Update).Tokens());
        Assert.Equal(asked.Select(update => update.Ms), (await PlayWithAsync(tools, question)).Select(update => update.Ms));

        var answer = await PlayWithAsync(
            tools, question, new ChatMessage(ChatRole.Assistant, [.. calls]),
            new ChatMessage(ChatRole.Tool, [
                new FunctionResultContent(calls[0].CallId, """{"timeZone":"Asia/Tokyo","utcOffset":"+09:00","date":"2026-11-22","weekday":"Sunday","time":"00:22:10"}"""),
                new FunctionResultContent(calls[1].CallId, "732.7"),
            ]));

        Assert.Equal(
            "In Tokyo it is 00:22 on Sunday, 22 November 2026 (Asia/Tokyo, UTC+09:00), and 17 % of 4310 is 732.7.\n\n*I'm ChatApp's built-in guide, no AI: I look answers up in the docs.*",
            answer.Select(update => update.Update).Text());
        Assert.Equal(ChatFinishReason.Stop, answer[^1].Update.FinishReason);
    }

    [Theory]
    [InlineData("what time is it in Tokyo?", "the tool `clock`, which is not switched on")]
    [InlineData("what time is it in Tokyo and what's 2+2?", "the tools `clock` and `calculator`, which are not switched on")]
    [InlineData("search my chats for rust", "`search_conversations`")]
    public async Task Tools_NotOffered_AreMissed(string question, string said) =>
        Assert.Contains(said, (await PlayAsync(new ChatMessage(ChatRole.User, question))).Select(update => update.Update).Text(), StringComparison.Ordinal);

    [Theory]
    [InlineData("what is 1/0?", "calculator", "That divides by zero, which has no result.", "The tool `calculator` says: That divides by zero")]
    [InlineData("what time is it in Narnia?", "clock", "There is no time zone or city 'Narnia'.", "The tool `clock` says: There is no time zone")]
    [InlineData("search my chats for rust", "search_conversations", "Found 1 conversation:\n\n- [Rust](/c/a), 2026-01-01", "- [Rust](/c/a)")]
    [InlineData("what is 2+2 and what time is it?", "calculator", "4", "2+2 is 4.\n\nI don't know that by myself: it takes the tool `clock`")]
    [InlineData("what is 2+2? How do I connect Ollama?", "calculator", "4", "Sources: Models: Connect Ollama")]
    public async Task Results_OfAnyKind_AreSaid(string question, string tool, string result, string said)
    {
        var user = new ChatMessage(ChatRole.User, question);
        var calls = (await PlayWithAsync(new ChatOptions { Tools = [Declared(tool)] }, user)).SelectMany(update => update.Update.Contents).OfType<FunctionCallContent>().ToList();
        var answer = await PlayWithAsync(
            new ChatOptions { Tools = [Declared(tool)] }, user, new ChatMessage(ChatRole.Assistant, [.. calls]),
            new ChatMessage(ChatRole.Tool, [.. calls.Select(call => new FunctionResultContent(call.CallId, result))]));

        Assert.Contains(said, answer.Select(update => update.Update).Text(), StringComparison.Ordinal);
    }

    private static AIFunctionDeclaration Declared(string name) => AIFunctionFactory.CreateDeclaration(name, null, JsonElement.Parse("{}"));

    private static Task<List<(double Ms, ChatResponseUpdate Update)>> PlayWithAsync(ChatOptions options, params ChatMessage[] messages) =>
        PlayedStream.PlayAsync(time => new GuideProviderKind(time).Create("guide", new ProviderOptions()).CreateClient("guide"), options, messages);

    private static Task<List<(double Ms, ChatResponseUpdate Update)>> PlayAsync(params ChatMessage[] messages) =>
        PlayedStream.PlayAsync(time => new GuideProviderKind(time).Create("guide", new ProviderOptions()).CreateClient("guide"), messages);
}
