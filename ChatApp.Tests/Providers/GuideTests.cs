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
    [InlineData("what's 2+2")]
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

    private static Task<List<(double Ms, ChatResponseUpdate Update)>> PlayAsync(params ChatMessage[] messages) =>
        PlayedStream.PlayAsync(time => new GuideProviderKind(time).Create("guide", new ProviderOptions()).CreateClient("guide"), messages);
}
