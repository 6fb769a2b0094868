using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests;

/// <summary>Where the app listens, to whom it answers, and what it says of settings it can't start with.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData("urls", "http://0.0.0.0:5080")]
    [InlineData("urls", "http://localhost:5080;http://*:5081")]
    [InlineData("urls", "http://[::]:5080")]
    [InlineData("urls", "http://chat.example:5080")]
    [InlineData("urls", "nonsense")]
    [InlineData("http_ports", "8080")]
    [InlineData("https_ports", "8443")]
    [InlineData("Kestrel:Endpoints:Web:Url", "http://192.168.1.2:80")]
    public void Build_AddressOthersCanReach_IsRefusedAndNamed(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Program.Build([$"--{key}={value}"]));
        Assert.StartsWith($"{key} ", Assert.Single(Program.SettingProblems(exception)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urls", "http://localhost:5080")]
    [InlineData("urls", "http://127.0.0.1:0;http://[::1]:0")]
    [InlineData("Kestrel:Endpoints:Web:Url", "http://127.0.0.5:80")]
    public async Task Build_AddressOfThisMachine_IsTaken(string key, string value)
    {
        await using var app = Program.Build([$"--{key}={value}"]);
    }

    [Theory]
    [InlineData("localhost:1234", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]:80", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.BadRequest)]
    [InlineData("localhost.evil.example", HttpStatusCode.BadRequest)]
    public async Task Get_ByAName_AnswersToItsOwnOnly(string host, HttpStatusCode expected)
    {
        await using var app = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/health") { Headers = { Host = host } };
        using var response = await app.Client.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("AllowedHosts", "chat.example", "AllowedHosts")]
    [InlineData("AllowedHosts", "localhost;*", "AllowedHosts")]
    [InlineData("AllowedHosts", "0.0.0.0", "AllowedHosts")]
    [InlineData("FORWARDEDHEADERS_ENABLED", "True", "ASPNETCORE_FORWARDEDHEADERS_ENABLED")]
    public async Task Build_PublicByAProxyWithoutKeys_IsRefusedAndNamed(string key, string value, string named)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Program.Build([$"--{key}={value}"]));
        Assert.StartsWith($"{named} ", Assert.Single(Program.SettingProblems(exception)), StringComparison.Ordinal);

        await using var withKeys = Program.Build([$"--{key}={value}", .. TestKeys.Settings.Select(setting => $"--{setting.Key}={setting.Value}")]);
    }

    [Theory]
    [InlineData(";")]
    [InlineData(" ; ")]
    [InlineData("")]
    public async Task Get_NoNameInTheList_AnswersToItsOwnOnly(string hosts)
    {
        await using var app = await TestApp.StartAsync(settings: [("AllowedHosts", hosts)]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/health") { Headers = { Host = "evil.example" } };
        using var response = await app.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("urls", "foo")]
    [InlineData("urls", "http://127.0.0.1:99999")]
    [InlineData("urls", "http://localhost:port")]
    [InlineData("urls", "http://localhost:5080/path")]
    [InlineData("urls", "ftp://localhost")]
    [InlineData("http_ports", "many")]
    [InlineData("Kestrel:Endpoints:Web:Protocols", "Http1", "Kestrel:Endpoints:Web:Url")]
    [InlineData("Logging:LogLevel:Default", "Loud")]
    [InlineData("Logging:Console:LogLevel:Microsoft", "Loud")]
    public void Build_SettingTheFrameworkCantRead_IsRefusedAndNamed(string key, string value, string? named = null)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Program.Build([$"--{key}={value}", .. TestKeys.Settings.Select(setting => $"--{setting.Key}={setting.Value}")]));
        Assert.StartsWith($"{named ?? key} ", Assert.Single(Program.SettingProblems(exception)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ByANameThatIsAllowed_Answers()
    {
        await using var app = await TestApp.StartAsync(settings: [.. TestKeys.Settings, ("AllowedHosts", "chat.example")]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/health") { Headers = { Host = "chat.example" } };
        using var response = await app.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Circuit_FromAnotherSite_IsRefusedAndFromOurPageIsNot()
    {
        await using var app = await TestApp.StartAsync();
        var own = app.Client.BaseAddress!;
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await ConnectAsync(own.GetLeftPart(UriPartial.Authority), "same-origin"));
        Assert.Equal(HttpStatusCode.Forbidden, await ConnectAsync("https://evil.example", null));
        Assert.Equal(HttpStatusCode.Forbidden, await ConnectAsync(own.GetLeftPart(UriPartial.Authority), "cross-site"));

        using var negotiate = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1") { Headers = { { "Origin", "null" } } };
        using var refused = await app.Client.SendAsync(negotiate);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        async Task<HttpStatusCode> ConnectAsync(string origin, string? site)
        {
            using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
            socket.Options.SetRequestHeader("Origin", origin);
            if (site is not null)
            {
                socket.Options.SetRequestHeader("Sec-Fetch-Site", site);
                socket.Options.SetRequestHeader("Sec-Fetch-Dest", "websocket");
            }

            using var limit = new CancellationTokenSource(Eventually.Limit);
            try
            {
                await socket.ConnectAsync(new Uri($"ws://{own.Authority}/_blazor"), limit.Token);
            }
            catch (WebSocketException)
            {
                // The status says why.
            }

            return socket.HttpStatusCode;
        }
    }

    [Fact]
    public async Task Start_OverTheSameDatabase_ReadsWhatTheLastOneSealed()
    {
        using var storage = new TemporaryDirectory();
        (string, string) path = ("ChatApp:Storage:Path", storage.Path);
        string sealedText;
        await using (var first = await TestApp.StartAsync(settings: path))
        {
            sealedText = Protector(first).Protect("text");
        }

        await using var second = await TestApp.StartAsync(settings: path);
        await using var other = await TestApp.StartAsync();

        Assert.Equal("text", Protector(second).Unprotect(sealedText));
        Assert.Throws<CryptographicException>(() => Protector(other).Unprotect(sealedText));

        static IDataProtector Protector(TestApp app) => app.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
    }

    [Fact]
    public async Task Main_ValueThatIsNoNumber_NamesTheSettingAndNotTheValue()
    {
        await using var app = Program.Build(["--ChatApp:Runs:MaxCharacters=se'cret"]);
        var exception = Assert.ThrowsAny<Exception>(() => app.Services.GetRequiredService<IStartupValidator>().Validate());
        var problem = Assert.Single(Program.SettingProblems(exception));

        Assert.StartsWith("ChatApp:Runs:MaxCharacters ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void SettingProblems_FileThatIsNoJson_NamesTheFileAndTheLine()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.json");
        File.WriteAllText(file, "{\n  \"ChatApp\": secret\n}");
        try
        {
            var exception = Assert.ThrowsAny<Exception>(() => new ConfigurationBuilder().AddJsonFile(file).Build());
            var problem = Assert.Single(Program.SettingProblems(exception));

            Assert.Contains(file, problem, StringComparison.Ordinal);
            Assert.Contains("line 2", problem, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void SettingProblems_OtherFailure_HasNone() => Assert.Empty(Program.SettingProblems(new InvalidOperationException("Something else at 'x'.")));
}
