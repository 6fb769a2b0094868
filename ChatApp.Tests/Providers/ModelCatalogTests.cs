using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Providers;

public sealed class ModelCatalogTests
{
    private const string P = "ChatApp:Providers:";
    private const string Key = "sk-canary-0123456789abcdef";

    // Nothing listens at port 1, so these tests see no Ollama of the machine's own.
    private static readonly (string, string?) NoOllama = ("OLLAMA_HOST", "127.0.0.1:1");

    private readonly FakeTime _time = new();

    [Fact]
    public async Task List_Configured_GivesTheDefaultsProviderFirst()
    {
        var catalog = Catalog((P + "b:Kind", "openai"), (P + "b:Endpoint", "http://b/v1"), (P + "b:Models:0", "m1"), (P + "b:Models:1", "org/m2"),
            (P + "c:Kind", "openai"), (P + "c:Endpoint", "http://c/v1"), (P + "c:Models:0", "m3"), (P + "d:Kind", "openai"), (P + "d:Enabled", "false"), ("ChatApp:DefaultModel", "c/m3"));

        Assert.Equal([new("c/m3", "c", "m3"), new("b/m1", "b", "m1"), new ModelInfo("b/org/m2", "b", "org/m2")], await catalog.ListAsync(default));
    }

    [Fact]
    public async Task List_WithoutItsKey_SaysWhy()
    {
        var catalog = Catalog((P + "openai:Kind", "openai"), (P + "openai:Models:0", "gpt-5-mini"), (P + "claude:Kind", "anthropic"));
        var models = (await catalog.ListAsync(default)).ToDictionary(m => m.Id, m => m.Unavailable);

        Assert.Equal("It has no key. Set OPENAI_API_KEY or ChatApp:Providers:openai:ApiKey, then start again.", models["openai/gpt-5-mini"]);
        Assert.Equal("It has no key. Set ChatApp:Providers:claude:ApiKey, then start again.", models["claude/*"]);
        Assert.Equal("claude can't be used now. It has no key. Set ChatApp:Providers:claude:ApiKey, then start again.",
            Assert.Throws<ProviderUnavailableException>(() => catalog.Resolve("claude/claude-sonnet-4-5")).Message);
    }

    [Fact]
    public async Task List_AnyModel_ListsWhatTheEndpointNamesAndKeepsItForAMinute()
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(200, """{"object":"list","data":[{"id":"b"},{"id":"a"},{"id":null},{},{"id":"named"}]}"""));
        var catalog = Catalog((P + "x:Kind", "openai"), (P + "x:Endpoint", upstream.Endpoint.AbsoluteUri), (P + "x:ApiKey", Key), (P + "x:Models:0", "named"), (P + "x:Models:1", "*"));

        Assert.Equal(["x/named", "x/a", "x/b"], (await catalog.ListAsync(default)).Select(m => m.Id));
        _time.Advance(TimeSpan.FromSeconds(59));
        await catalog.ListAsync(default);
        var asked = Assert.Single(upstream.Exchanges);
        Assert.Equal(("/v1/models", $"Bearer {Key}"), (asked.Path, asked.Headers["Authorization"]));

        _time.Advance(TimeSpan.FromSeconds(2));
        await catalog.ListAsync(default);
        Assert.Equal(2, upstream.Exchanges.Count);
    }

    [Fact]
    public async Task List_Anthropic_AsksItsOwnListing()
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(200, """{"data":[{"type":"model","id":"claude-sonnet-5"}],"has_more":false}"""));
        var catalog = Catalog((P + "anthropic:Endpoint", upstream.Endpoint.AbsoluteUri), (P + "anthropic:ApiKey", Key));

        Assert.Equal(["anthropic/claude-sonnet-5"], (await catalog.ListAsync(default)).Select(m => m.Id));
        Assert.Equal("/v1/models?limit=1000", upstream.Exchanges.Single().Path);
    }

    [Theory]
    [InlineData(500, "oops", "text/plain")]
    [InlineData(200, "<html>", "text/html")]
    [InlineData(200, "[]", "application/json")]
    [InlineData(200, """{"data":5}""", "application/json")]
    [InlineData(200, """{"data":["x",5]}""", "application/json")]
    public async Task List_EndpointThatGivesNone_ListsWhatIsConfigured(int status, string body, string type)
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(status, body, type));
        var catalog = Catalog((P + "x:Kind", "openai"), (P + "x:Endpoint", upstream.Endpoint.AbsoluteUri), (P + "x:Models:0", "m"), (P + "x:Models:1", "*"));

        Assert.Equal(["x/m"], (await catalog.ListAsync(default)).Select(m => m.Id));
    }

    [Fact]
    public async Task List_EndpointThatHangs_IsWaitedForTwoSeconds()
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.HangAsync());
        var catalog = Catalog((P + "x:Kind", "openai"), (P + "x:Endpoint", upstream.Endpoint.AbsoluteUri));
        var listing = catalog.ListAsync(default).AsTask();
        await Eventually.Holds(() => !upstream.Exchanges.IsEmpty, "the question");
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(listing.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Empty(await listing);
    }

    [Fact]
    public async Task List_OllamaThatStartsLater_IsFoundWithinFiveSeconds()
    {
        var running = false;
        await using var upstream = await FakeUpstream.StartAsync(x => running ? x.RespondAsync(200, """{"data":[{"id":"llama3:8b"}]}""") : x.RespondAsync(503));
        var catalog = Catalog(("OLLAMA_HOST", $"127.0.0.1:{upstream.Address.Port}"));

        Assert.Empty(await catalog.ListAsync(default));
        running = true;
        Assert.Empty(await catalog.ListAsync(default));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["ollama/llama3:8b"], (await catalog.ListAsync(default)).Select(m => m.Id));
        Assert.Equal("ollama/llama3:8b", catalog.Resolve("llama3:8b").Id);
    }

    [Fact]
    public void Resolve_ById_TakesAllAfterTheFirstSlash()
    {
        var catalog = Catalog((P + "x:Kind", "openai"), (P + "x:Endpoint", "http://x/v1"), (P + "y:Kind", "openai"), (P + "y:Endpoint", "http://y/v1"), (P + "y:Models:0", "m"),
            ("ChatApp:DefaultModel", "y/m"));

        Assert.Equal("x/meta-llama/llama-4:free", catalog.Resolve("x/meta-llama/llama-4:free").Id);
        Assert.Equal("y/m", catalog.Resolve("m").Id);
        Assert.Equal("y/m", catalog.Resolve(null).Id);
        Assert.Equal("y/m", catalog.Resolve("").Id);
        Assert.Contains("ChatApp:Providers:y:Models", Assert.Throws<UnknownModelException>(() => catalog.Resolve("y/other")).Message, StringComparison.Ordinal);
        Assert.Throws<UnknownModelException>(() => catalog.Resolve("x/"));
    }

    [Fact]
    public void Resolve_BareName_WorksWhereOnlyOneProviderHasIt()
    {
        var catalog = Catalog((P + "x:Kind", "openai"), (P + "x:Endpoint", "http://x/v1"), (P + "x:Models:0", "both"), (P + "x:Models:1", "org/only"),
            (P + "y:Kind", "openai"), (P + "y:Endpoint", "http://y/v1"), (P + "y:Models:0", "both"));

        Assert.Equal("x/org/only", catalog.Resolve("org/only").Id);
        Assert.Equal("Several providers have 'both'. Write one of: x/both, y/both.", Assert.Throws<UnknownModelException>(() => catalog.Resolve("both")).Message);
        Assert.StartsWith("No provider has a model 'none'. Write it as provider/model; the providers are: ", Assert.Throws<UnknownModelException>(() => catalog.Resolve("none")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_Client_GoesThroughThePipeline()
    {
        var answers = 0;
        await using var upstream = await FakeUpstream.StartAsync(x => answers++ == 0
            ? x.RespondAsync(503)
            : x.SendAsync(OpenAIWireTests.Deltas("""{"content":"<think>Hm</think>Hi"}""") + OpenAIWireTests.Finish("stop")));
        var catalog = Catalog((P + "x:Kind", "openai"), (P + "x:Endpoint", upstream.Endpoint.AbsoluteUri));
        var draining = UpstreamPlay.DrainAsync(catalog.Resolve("x/m").Client);
        while (!draining.IsCompleted)
        {
            // Only while it waits: the clock must not run while the network works.
            if (_time.ArmedTimers > 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
            }

            await Task.Yield();
        }

        var play = await draining;
        Assert.Equal(("Hm", "Hi", null), (play.Reasoning, play.Text, play.Failure));
        Assert.Equal(2, Assert.Single(play.Contents.OfType<RetryContent>()).Attempt);
        Assert.Contains("\"model\":\"m\"", upstream.Exchanges.Last().Body, StringComparison.Ordinal);
    }

    private IModelCatalog Catalog(params (string Key, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_time);

        // The built-in providers have tests of their own; the later of two settings wins.
        services.AddProviders(ProvidersConfigurationTests.Configuration([NoOllama, ("ChatApp:DefaultModel", "ollama/m"),
            (P + "guide:Enabled", "false"), (P + "scripted:Enabled", "false"), .. settings]));
        return services.BuildServiceProvider().GetRequiredService<IModelCatalog>();
    }
}
