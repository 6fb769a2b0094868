using System.Text.Json;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Security;

public sealed class ApiKeysTests
{
    private static readonly string Hash = new('a', 64);

    public static TheoryData<string?, string?, string> Wrong => new()
    {
        { null, Hash, "ChatApp:ApiKeys:1:Name" },
        { "", Hash, "ChatApp:ApiKeys:1:Name" },
        { " laptop", Hash, "ChatApp:ApiKeys:1:Name" },
        { "lap\ntop", Hash, "ChatApp:ApiKeys:1:Name" },
        { new string('n', 65), Hash, "ChatApp:ApiKeys:1:Name" },
        { "first", Hash, "ChatApp:ApiKeys:1:Name" },
        { "laptop", null, "ChatApp:ApiKeys:1:Hash" },
        { "laptop", "changeme", "ChatApp:ApiKeys:1:Hash" },
        { "laptop", new string('g', 64), "ChatApp:ApiKeys:1:Hash" },
        { "laptop", new string('b', 64), "ChatApp:ApiKeys:1:Hash" },
        { "laptop", "\uFEFF" + new string('a', 63), "ChatApp:ApiKeys:1:Hash" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void BCfg_EntryThatCantBe_IsNamedWithoutItsValue(string? name, string? hash, string key)
    {
        var options = new ApiKeysOptions { ApiKeys = { new ApiKeyEntry { Name = "first", Hash = new string('B', 64) }, new ApiKeyEntry { Name = name, Hash = hash } } };
        var problem = Assert.Single(new ApiKeysOptionsValidator().Validate(null, options).Failures!);

        Assert.StartsWith(key + " ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("changeme", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyNew_Name_PrintsAKeyOnceAndAnEntryThatOpensForIt()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(0, await KeyCommand.RunAsync(["key", "new", "Ann's \"laptop\""], output, error));
        var lines = output.ToString().Split('\n').Select(line => line.Trim()).ToList();
        var key = Assert.Single(lines, line => line.StartsWith(ApiKey.Prefix, StringComparison.Ordinal));
        var entry = JsonElement.Parse(Assert.Single(lines, line => line.StartsWith('{')));

        Assert.Equal("Ann's \"laptop\"", entry.GetProperty("Name").GetString());
        await using var app = await TestApp.StartAsync(settings: [("ChatApp:ApiKeys:0:Name", "x"), ("ChatApp:ApiKeys:0:Hash", entry.GetProperty("Hash").GetString()!)]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs/x") { Headers = { { "x-api-key", key } } };
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await app.Client.SendAsync(request)).StatusCode);
        Assert.NotEqual(ApiKey.Create(), ApiKey.Create());
    }

    [Theory]
    [InlineData("key")]
    [InlineData("key", "new")]
    [InlineData("key", "new", "")]
    [InlineData("key", "new", "a", "b")]
    [InlineData("key", "old", "a")]
    public async Task Key_WrongArguments_SaysWhatIsRight(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(2, await KeyCommand.RunAsync(args, output, error));
        Assert.NotEqual("", error.ToString());
        Assert.Equal("", output.ToString());
    }
}
