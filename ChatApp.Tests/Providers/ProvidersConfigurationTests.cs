using ChatApp.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Providers;

public sealed class ProvidersConfigurationTests
{
    private const string P = "ChatApp:Providers:";
    private const string Key = "sk-canary-0123456789abcdef";

    [Fact]
    public void Read_TheContractsExample_IsUnderstood()
    {
        var options = Read(("ChatApp:DefaultModel", "openai/gpt-5-mini"),
            (P + "openai:Kind", "openai"), (P + "openai:Endpoint", "https://api.openai.com/v1"), (P + "openai:ApiKey", Key), (P + "openai:Models:0", "gpt-5-mini"),
            (P + "ollama:Kind", "openai"), (P + "ollama:Endpoint", "http://127.0.0.1:11434/v1"), (P + "ollama:Models:0", "*"),
            (P + "anthropic:Kind", "anthropic"), (P + "anthropic:ApiKey", Key), (P + "anthropic:Models:0", "claude-sonnet-4-5"));

        Assert.Empty(options.Problems);
        Assert.Equal(["anthropic", "guide", "ollama", "openai", "scripted"], options.Providers.Keys.Order());
        Assert.Equal(["gpt-5-mini"], options.Providers["openai"].Models);
        Assert.Equal("openai/gpt-5-mini", options.DefaultModel);
    }

    [Fact]
    public void Read_Nothing_GivesWhatNeedsNothing()
    {
        var options = Read();

        Assert.Empty(options.Problems);
        Assert.Equal(["guide", "ollama", "scripted"], options.Providers.Keys.Order());
        Assert.Equal("guide/guide", options.DefaultModel);
        Assert.Equal("http://127.0.0.1:11434/v1", options.Providers["ollama"].Endpoint!.AbsoluteUri);
    }

    [Fact]
    public void Read_KeysOfTheEnvironment_AddTheirProviders()
    {
        var options = Read(("OPENAI_API_KEY", Key), ("OPENAI_BASE_URL", "https://llm.example.com/v1"), ("ANTHROPIC_API_KEY", Key + "2"));

        Assert.Equal((Key, "https://llm.example.com/v1", "*"),
            (options.Providers["openai"].ApiKey, options.Providers["openai"].Endpoint!.AbsoluteUri, options.Providers["openai"].Models.Single()));
        Assert.Equal(Key + "2", options.Providers["anthropic"].ApiKey);
    }

    [Theory]
    [InlineData(null, Key)]
    [InlineData("https://api.openai.com/v1", Key)]
    [InlineData("https://other.example.com/v1", null)]
    [InlineData("http://127.0.0.1:8000/v1", null)]
    public void Read_ConfiguredWithoutAKey_TakesTheEnvironmentsOnlyForItsOwnAddress(string? endpoint, string? expected)
    {
        var options = Read(("OPENAI_API_KEY", Key), (P + "openai:Endpoint", endpoint), (P + "openai:Models:0", "m"));

        Assert.Equal(expected, options.Providers["openai"].ApiKey);
        Assert.Equal(["m"], options.Providers["openai"].Models);
    }

    [Theory]
    [InlineData("127.0.0.1:1234", "http://127.0.0.1:1234/v1")]
    [InlineData("0.0.0.0", "http://127.0.0.1:11434/v1")]
    [InlineData("gpu", "http://gpu:11434/v1")]
    [InlineData("http://gpu:80/", "http://gpu/v1")]
    [InlineData("https://ollama.example.com/api", "https://ollama.example.com/api/v1")]
    [InlineData("not a host", "http://127.0.0.1:11434/v1")]
    public void Read_OllamaHost_InItsSpellings_IsUnderstood(string host, string expected) =>
        Assert.Equal(expected, Read(("OLLAMA_HOST", host)).Providers["ollama"].Endpoint!.AbsoluteUri);

    [Theory]
    [InlineData("api.example.com/v1", "is no address")]
    [InlineData("/v1", "is no address")]
    [InlineData("ftp://example.com", "is no address")]
    [InlineData("http://[bad", "is no address")]
    [InlineData("https://user:canary-secret@example.com/v1", "holds a user name or password")]
    [InlineData("https://example.com/v1?key=canary-secret", "has something after the path")]
    [InlineData("https://example.com/v1#x", "has something after the path")]
    [InlineData("https://exämple.com/v1", "has characters outside ASCII")]
    [InlineData("http://api.example.com/v1", "sends prompts and keys unencrypted to a public host")]
    [InlineData("http://8.8.8.8/v1", "sends prompts and keys unencrypted to a public host")]
    [InlineData("http://[2001:4860:4860::8888]/v1", "sends prompts and keys unencrypted to a public host")]
    public void Read_EndpointThatCannotBe_IsAProblem(string endpoint, string problem)
    {
        var found = Assert.Single(Read((P + "x:Kind", "openai"), (P + "x:Endpoint", endpoint)).Problems);

        Assert.StartsWith($"{P}x:Endpoint {problem}", found, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://example.com/v1")]
    [InlineData("http://localhost:1234/v1")]
    [InlineData("http://127.0.0.1:1234")]
    [InlineData("http://[::1]:1234/v1")]
    [InlineData("http://192.168.1.5:8000/v1")]
    [InlineData("http://172.31.0.1/v1")]
    [InlineData("http://100.64.0.9/v1")]
    [InlineData("http://vllm:8000/v1")]
    [InlineData("http://host.docker.internal:11434/v1")]
    [InlineData("https://xn--exmple-cua.com/v1")]
    public void Read_EndpointThatCanBe_IsNone(string endpoint) => Assert.Empty(Read((P + "x:Kind", "openai"), (P + "x:Endpoint", endpoint)).Problems);

    [Theory]
    [InlineData("sk canary", "holds a space")]
    [InlineData("sk-canary\n", "holds a space")]
    [InlineData("\uFEFFsk-canary", "holds a space")]
    [InlineData("changeme", "is a placeholder")]
    [InlineData("canary*5000", "is longer than 4096 characters")]
    public void Read_KeyThatCannotBe_IsAProblemThatNeverShowsIt(string key, string problem)
    {
        key = key.EndsWith("*5000", StringComparison.Ordinal) ? new string('k', 5000) : key;
        var found = Read((P + "x:Kind", "openai"), (P + "x:ApiKey", key), ("ANTHROPIC_API_KEY", key)).Problems;

        Assert.Equal([$"{P}x:ApiKey", "ANTHROPIC_API_KEY"], found.Select(f => f.Split(' ')[0]));
        Assert.All(found, f => Assert.Contains(problem, f, StringComparison.Ordinal));
        Assert.All(found, f => Assert.DoesNotContain("canary", f, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{}""", null)]
    [InlineData("""{"Tools":["clock","fetch"]}""", "clock fetch")]
    [InlineData("""{"Tools":"clock, fetch"}""", "clock fetch")]
    [InlineData("""{"Tools":[]}""", "")]
    [InlineData("""{"Tools":false}""", "")]
    public void Read_Tools_AreAListOrNone(string json, string? tools)
    {
        var options = new ProvidersOptions();
        var settings = new Microsoft.Extensions.Configuration.ConfigurationBuilder();
        Microsoft.Extensions.Configuration.JsonConfigurationExtensions.AddJsonStream(
            settings, new MemoryStream(System.Text.Encoding.UTF8.GetBytes("""{"ChatApp":{"Providers":{"guide":JSON}}}""".Replace("JSON", json, StringComparison.Ordinal))));
        ProvidersConfiguration.Read(settings.Build(), ["guide", "scripted", "openai", "anthropic"], options);

        Assert.Empty(options.Problems);
        Assert.Equal(tools, options.Providers["guide"].Tools is { } named ? string.Join(' ', named) : null);
    }

    [Fact]
    public void Read_ToolsThatAreTrue_AreAProblem() =>
        Assert.Contains(Read((P + "guide:Tools", "true")).Problems, problem => problem.Contains("Tools names a tool that is none", StringComparison.Ordinal));

    [Fact]
    public void Read_SeveralProblems_AreAllNamed()
    {
        var problems = Read((P + "x:Kind", "opnai"), (P + "x:Endpoint", "nowhere"), (P + "x:Enabled", "maybe"), (P + "x:Modells:0", "m"), (P + "y:Models:0", " "),
            (P + "a/b:Kind", "openai"), ("ChatApp:DefaultModel", "gone/m"), ("OPENAI_API_KEY", Key), ("OPENAI_BASE_URL", "nowhere")).Problems;

        Assert.Equal(
            [$"{P}x:Modells", $"{P}x:Kind", $"{P}x:Endpoint", $"{P}x:Enabled", $"{P}y:Kind", $"{P}y:Models", $"{P}a/b", "OPENAI_BASE_URL", "ChatApp:DefaultModel"],
            problems.OrderBy(p => Order(p.Split(' ')[0])).Select(p => p.Split(' ')[0]));
        Assert.Contains($"{P}x:Kind is 'opnai'. Use one of: anthropic, guide, openai, scripted.", problems);

        static int Order(string key) => Array.FindIndex(
            [$"{P}x:Modells", $"{P}x:Kind", $"{P}x:Endpoint", $"{P}x:Enabled", $"{P}y:Kind", $"{P}y:Models", $"{P}a/b", "OPENAI_BASE_URL", "ChatApp:DefaultModel"], k => k == key);
    }

    [Fact]
    public void Read_KindThatThisBuildIsWithout_SaysHowToGetIt()
    {
        var problem = Assert.Single(Read((P + "kernel:Kind", "semantic-kernel")).Problems);

        Assert.EndsWith("This build is without semantic-kernel: build it with -p:SemanticKernel=true.", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone/m", false)]
    [InlineData("guide", false)]
    [InlineData("guide/", false)]
    [InlineData("guide/guide", true)]
    [InlineData("ollama/llama3:8b", true)]
    [InlineData("scripted/demo", true)]
    public void Read_DefaultModel_MustHaveAProvider(string model, bool valid) => Assert.Equal(valid, Read(("ChatApp:DefaultModel", model)).Problems.Count == 0);

    [Fact]
    public void Read_GuideDisabled_WantsAnotherDefault()
    {
        Assert.Contains("ChatApp:DefaultModel is 'guide/guide'", Assert.Single(Read((P + "guide:Enabled", "false")).Problems), StringComparison.Ordinal);
        Assert.Empty(Read((P + "guide:Enabled", "false"), ("ChatApp:DefaultModel", "scripted/demo")).Problems);
    }

    [Fact]
    public void Read_ModelsAsOneText_AreSplitAtCommas() => Assert.Equal(["a", "b/c:1"], Read((P + "x:Kind", "openai"), (P + "x:Models", "a, b/c:1")).Providers["x"].Models);

    [Fact]
    public void AddProviders_WithAnInvalidSetting_StopsTheStart()
    {
        var configuration = Configuration([(P + "x:Kind", "opnai"), (P + "x:ApiKey", Key)]);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddProviders(configuration);
        using var provider = services.BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(failure.Failures, f => f.StartsWith($"{P}x:Kind is 'opnai'", StringComparison.Ordinal));
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The later of two settings of one name wins.</summary>
    internal static IConfiguration Configuration((string Key, string? Value)[] settings)
    {
        var last = settings.Where(s => s.Value is not null).GroupBy(s => s.Key).Select(s => KeyValuePair.Create(s.Key, s.Last().Value));
        return new ConfigurationBuilder().AddInMemoryCollection(last).Build();
    }

    private static ProvidersOptions Read(params (string Key, string? Value)[] settings)
    {
        var options = new ProvidersOptions();
        ProvidersConfiguration.Read(Configuration(settings), ["openai", "anthropic", "guide", "scripted"], options);
        return options;
    }
}
