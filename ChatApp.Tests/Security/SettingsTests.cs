using System.Net;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Security;

/// <summary>Settings that look as if they did something and don't, at the start and while the app runs.</summary>
public sealed class SettingsTests
{
    private static readonly string Hash = new('a', 64);

    [Theory]
    [InlineData("""{"ChatApp":{"ApiKeys":["HASH"]}}""", "ChatApp:ApiKeys:0")]
    [InlineData("""{"ChatApp":{"ApiKeys":{"laptop":"HASH"}}}""", "ChatApp:ApiKeys:laptop")]
    [InlineData("""{"ChatApp":{"ApiKeys":"HASH"}}""", "ChatApp:ApiKeys")]
    [InlineData("""{"ChatApp":{"ApiKeys":[null]}}""", "ChatApp:ApiKeys:0")]
    [InlineData("""{"ChatApp":{"ApiKeys":[{"Name":"first","Hash":"HASH"},"HASH"]}}""", "ChatApp:ApiKeys:1")]
    public void BCfg_KeyThatIsNoEntry_IsNamedBeforeAnythingElse(string json, string key)
    {
        var settings = Settings(json.Replace("HASH", Hash, StringComparison.Ordinal), ("urls", "http://0.0.0.0:5080"));
        var problem = Assert.Single(StartRules.Problems(settings));

        Assert.StartsWith($"{key} ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Hash, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"ChatApp":{"ApiKeys":[]}}""")]
    [InlineData("""{"ChatApp":{"ApiKeys":{}}}""")]
    [InlineData("""{"ChatApp":{"ApiKeys":null}}""")]
    [InlineData("{}")]
    public void Problems_NoKey_IsNoMistakeOnThisMachineAlone(string json)
    {
        Assert.Empty(StartRules.Problems(Settings(json, ("urls", "http://localhost:5080"))));
        Assert.StartsWith("urls ", Assert.Single(StartRules.Problems(Settings(json, ("urls", "http://0.0.0.0:5080")))), StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_ExamplesOfTheDocumentation_HaveNone()
    {
        var blocks = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .SelectMany(file => File.ReadAllText(file).Split("```json\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)].Trim()))
            .Select(block => block.StartsWith("\"ChatApp\"", StringComparison.Ordinal) ? $"{{{block}}}" : block)
            .Where(block => block.Contains("\"ChatApp\"", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Empty(SettingNames.Problems(Settings(block))));
    }

    [Theory]
    [InlineData("ChatApp:ApiKey:0:Hash", "Did you mean ChatApp:ApiKeys?")]
    [InlineData("ChatApp:Limit:Streams", "Did you mean ChatApp:Limits?")]
    [InlineData("ChatApp:Limits:RequestPerMinute", "Did you mean ChatApp:Limits:RequestsPerMinute?")]
    [InlineData("ChatApp:Cors:Origin:0", "Did you mean ChatApp:Cors:Origins?")]
    [InlineData("ChatApp:Runs:MaxDurations", "Did you mean ChatApp:Runs:MaxDuration?")]
    [InlineData("ChatApp:Api:MaxStreamDurations", "Did you mean ChatApp:Api:MaxStreamDuration?")]
    [InlineData("ChatApp:Something", "ChatApp has: Agents, Api, ApiKeys,")]
    public async Task BCfg_UnknownName_IsNamedWithTheOneThatWasMeant(string key, string advice)
    {
        await using var app = Program.Build([$"--{key}=sk-canary-123"]);
        var exception = Assert.ThrowsAny<Exception>(() => ((IStartupValidator)app.Services.GetService(typeof(IStartupValidator))!).Validate());
        var problem = Assert.Single(Program.SettingProblems(exception));

        Assert.StartsWith(string.Join(':', key.Split(':').Take(key.Split(':')[1] is "ApiKey" or "Limit" or "Something" ? 2 : 3)) + " is no setting. " + advice, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_SettingsAsTheyCome_AreAllKnown() =>
        Assert.Empty(SettingNames.Problems(new ConfigurationBuilder().AddJsonFile(Path.Combine(Repository.Root, "appsettings.json")).Build()));

    [Fact]
    public async Task BCfg_FileWithASlipWhileRunning_IsNamedInTheLogAndChangesNothing()
    {
        using var log = new NoticeTests.Captured();
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.json");
        var good = """{"ChatApp":{"ApiKeys":[{"Name":"ann","Hash":"HASH"}]}}""".Replace("HASH", TestKeys.HashOf(TestKeys.Ann), StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, good);
        try
        {
            await using var app = await TestApp.StartAsync(model: null, time: null, log, builder => builder.Configuration.AddJsonFile(file, optional: false, reloadOnChange: true));

            // As the file watcher does it, which only the real one can show.
            await File.WriteAllTextAsync(file, good.Replace("\"Hash\"", "\n\"Hash", StringComparison.Ordinal));
            await Eventually.Holds(() => log.Lines.Any(line => line.Contains(file, StringComparison.Ordinal) && line.Contains("from line ", StringComparison.Ordinal)), "the line in the log");
            Assert.Equal(HttpStatusCode.NotFound, await GetAsync(TestKeys.Ann));

            // Another file's change does not bring the emptied one to light.
            ((IConfigurationRoot)app.Services.GetService(typeof(IConfiguration))!).Reload();
            Assert.Equal(HttpStatusCode.NotFound, await GetAsync(TestKeys.Ann));

            await File.WriteAllTextAsync(file, good.Replace(TestKeys.HashOf(TestKeys.Ann), TestKeys.HashOf(TestKeys.Ben), StringComparison.Ordinal));
            await Eventually.Holds(() => log.Lines.Any(line => line.Contains("key ann was taken out", StringComparison.Ordinal)), "the new key");
            Assert.Equal(HttpStatusCode.NotFound, await GetAsync(TestKeys.Ben));
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(TestKeys.Ann));

            async Task<HttpStatusCode> GetAsync(string key)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs/none") { Headers = { { "x-api-key", key } } };
                using var answer = await app.Client.SendAsync(request);
                return answer.StatusCode;
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IConfigurationRoot Settings(string json, params (string Key, string Value)[] others) => new ConfigurationBuilder()
        .AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json)))
        .AddInMemoryCollection(others.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)))
        .Build();
}
