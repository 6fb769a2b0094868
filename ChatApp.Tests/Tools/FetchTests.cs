using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using ChatApp.Tools.Fetch;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Tools;

/// <summary>The tool that reads web pages, over real sockets.</summary>
public sealed class FetchTests
{
    private const string Public = "93.184.215.14";

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("127.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("017700000001")]
    [InlineData("0")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("[::1]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:a9fe:a9fe]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[::7f00:1]")]
    [InlineData("169.254.169.254")]
    [InlineData("2852039166")]
    [InlineData("168.63.129.16")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.254")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("[fc00::1]")]
    [InlineData("[fd12:3456::1]")]
    [InlineData("[fe80::1]")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[fec0::1]")]
    [InlineData("[ff02::1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[64:ff9b::a9fe:a9fe]")]
    [InlineData("[64:ff9b:1::1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[2002:a9fe:a9fe::1]")]
    [InlineData("[2001:0:4136:e378:8000:63bf:80ff:fffe]")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[3fff::1]")]
    [InlineData("[100::1]")]
    [InlineData("１２７.０.０.１")]
    [InlineData("①②⑦.0.0.1")]
    [InlineData("127。0。0。1")]
    [InlineData("127.0.0.1.")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST.")]
    [InlineData("metadata.internal")]
    public async Task V11_Fetch_AddressThatIsNotPublic_IsNeverConnectedTo(string host)
    {
        var resolved = IPAddress.Parse("169.254.169.254");
        using var tool = Tool(new FetchNetwork((_, _) => Task.FromResult<IPAddress[]>([resolved]), PublicAddresses.Contains), "*");

        Assert.Matches("Only public addresses|no whole address", await RefusalAsync(tool, $"http://{host}/latest/meta-data/"));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("93.184.215.14", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("100.128.0.1", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true)]
    [InlineData("2001:4860:4860::8888", true)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::808:808", false)]
    public void V11_PublicAddresses_AreToldFromAllOthers(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddresses.Contains(IPAddress.Parse(address)));

    [Theory]
    [InlineData("file:///etc/passwd", "only http and https")]
    [InlineData("gopher://example.com/1", "only http and https")]
    [InlineData("ftp://example.com/", "only http and https")]
    [InlineData("javascript:alert(1)", "only http and https")]
    [InlineData("data:text/html,hi", "only http and https")]
    [InlineData("example.com", "no whole address")]
    [InlineData("/etc/passwd", "")]
    [InlineData("http://", "no whole address")]
    [InlineData("http://user:secret@example.com/", "user name or password")]
    [InlineData("http://example.com@127.0.0.1/", "user name or password")]
    [InlineData("http://example.com:22/", "Port 22")]
    [InlineData("https://example.com:8443/", "Port 8443")]
    [InlineData("http://example.com/ a", "space")]
    [InlineData("http://exam\tple.com/", "control character")]
    [InlineData("http://evil.com/", "not among the hosts")]
    [InlineData("http://notexample.com/", "not among the hosts")]
    [InlineData("http://example.com.evil.com/", "not among the hosts")]
    [InlineData("http://sub.example.com/", "not among the hosts")]
    [InlineData("http://exаmple.com/", "xn--")]
    [InlineData("http://below.org/", "not among the hosts")]
    [InlineData("http://open.test:9001/", "Port 9001")]
    public async Task V11_Fetch_AddressOutsideTheRules_IsRefusedWithTheReason(string url, string reason)
    {
        using var tool = Tool(Nowhere, "example.com", "*.below.org", "open.test:9000");

        Assert.Contains(reason, await RefusalAsync(tool, url), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://EXAMPLE.com/")]
    [InlineData("https://example.com./")]
    [InlineData("http://example.com:443/")]
    [InlineData("http://a.b.below.org/")]
    [InlineData("http://münchen.example/")]
    [InlineData("http://xn--mnchen-3ya.example/")]
    [InlineData("http://open.test:9000/")]
    public async Task V11_Fetch_AddressOnTheList_IsLookedUp(string url)
    {
        using var tool = Tool(Nowhere, "example.com", "*.below.org", "MÜNCHEN.example", "open.test:9000");

        Assert.StartsWith("There is no host", await RefusalAsync(tool, url), StringComparison.Ordinal);
    }

    [Fact]
    public async Task V11_Fetch_NameWithOnePrivateAddressAmongPublicOnes_IsRefused()
    {
        using var tool = Tool(new FetchNetwork((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(Public), IPAddress.Loopback]), PublicAddresses.Contains), "*");

        Assert.Contains("Only public addresses", await RefusalAsync(tool, "http://rebinding.example/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task V11_Fetch_NameThatLeadsElsewhereTheSecondTime_IsConnectedToTheCheckedAddressOnly()
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(302, "", "text/html", ("Location", "/again")));
        var asked = 0;
        var network = new FetchNetwork((_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref asked) == 1 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")]), IPAddress.IsLoopback);
        using var tool = Tool(network, "*", $"site.example:{server.Address.Port}");

        Assert.Contains("Only public addresses", await RefusalAsync(tool, $"http://site.example:{server.Address.Port}/"), StringComparison.Ordinal);
        Assert.Equal((2, 1), (asked, server.Exchanges.Count));
    }

    [Theory]
    [InlineData("http://127.0.0.1/", "Only public addresses")]
    [InlineData("http://[::ffff:7f00:1]/", "Only public addresses")]
    [InlineData("//169.254.169.254/latest", "Only public addresses")]
    [InlineData("http://intranet.example/", "not among the hosts")]
    [InlineData("file:///etc/passwd", "only http and https")]
    [InlineData("http://me:pw@site.example/", "user name or password")]
    [InlineData("http://site.example:22/", "Port 22")]
    public async Task V11_Fetch_RedirectOutsideTheRules_IsNotFollowed(string to, string reason)
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(302, "", "text/html", ("Location", to)));
        using var local = Tool(new FetchNetwork((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), Seen(server)), "site.example", $"site.example:{server.Address.Port}");

        Assert.Contains(reason, await RefusalAsync(local, $"http://site.example:{server.Address.Port}/"), StringComparison.Ordinal);
        Assert.Single(server.Exchanges);
    }

    [Fact]
    public async Task V11_Fetch_CertificateThatNamesAnAddress_IsNotFollowedThere()
    {
        using var named = new TcpListener(IPAddress.Loopback, 0);
        named.Start();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var certificate = CertificateOfAnIssuerAt($"http://127.0.0.1:{((IPEndPoint)named.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}/issuer.cer");
        var serving = ServeAsync();
        using var tool = Local(((IPEndPoint)server.LocalEndpoint).Port);

        Assert.Contains("no secure connection", await RefusalAsync(tool, $"https://site.example:{((IPEndPoint)server.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}/"), StringComparison.Ordinal);
        await serving;
        Assert.False(named.Pending());

        async Task ServeAsync()
        {
            using var client = await server.AcceptTcpClientAsync();
            await using var secure = new SslStream(client.GetStream());
            try
            {
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true) });
                _ = await secure.ReadAsync(new byte[1]);
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException)
            {
                // The client does not trust it.
            }
        }
    }

    [Fact]
    public async Task V11_Fetch_EndlessRedirects_EndAfterFive()
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(302, "", "text/html", ("Location", x.Path + "x")));
        using var tool = Local(server);

        Assert.Contains("redirects more than 5 times", await RefusalAsync(tool, Address(server)), StringComparison.Ordinal);
        Assert.Equal(6, server.Exchanges.Count);
    }

    [Fact]
    public async Task V11_Fetch_Asks_WithoutCookiesKeysOrTraces()
    {
        await using var server = await FakeUpstream.StartAsync(x => x.Path == "/" ? x.RespondAsync(307, "", "text/html", ("Location", "/page"), ("Set-Cookie", "id=1")) : x.RespondAsync(200, "Hello", "text/plain"));
        using var tool = Local(server);

        Assert.Equal($"{Address(server)}page\n\nHello", await ReadAsync(tool, Address(server)));
        Assert.Equal(["Accept", "Accept-Encoding", "Host", "User-Agent"], server.Exchanges.SelectMany(x => x.Headers.Keys).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(2, server.Exchanges.Select(x => x.Connection).Distinct().Count());
    }

    [Fact]
    public async Task V11_Fetch_BombOfGzip_IsCutAtTheSizeItUnpacksTo()
    {
        var bomb = new MemoryStream();
        await using (var packed = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = Encoding.ASCII.GetBytes(new string('a', 1_000_000));
            for (var i = 0; i < 200; i++)
            {
                await packed.WriteAsync(zeros);
            }
        }

        await using var server = await FakeUpstream.StartAsync(async x =>
        {
            await x.StartAsync("text/plain", ("Content-Encoding", "gzip"));
            await x.SendAsync(bomb.ToArray());
        });
        using var tool = Local(server, maxBytes: 100_000);

        var text = await ReadAsync(tool, Address(server));
        Assert.InRange(text.Length, 50_000, 51_000);
        Assert.EndsWith("[Cut here: the page is longer.]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task V11_Fetch_EndlessBody_IsCutAndLeft()
    {
        var left = new TaskCompletionSource();
        await using var server = await FakeUpstream.StartAsync(async x =>
        {
            await x.StartAsync("text/plain");
            try
            {
                while (!x.Aborted.IsCancellationRequested)
                {
                    await x.SendAsync(new string('b', 10_000));
                }
            }
            finally
            {
                left.TrySetResult();
            }
        });
        using var tool = Local(server, maxBytes: 30_000);

        Assert.Contains("[Cut here", await ReadAsync(tool, Address(server)), StringComparison.Ordinal);
        await left.Task.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task V11_Fetch_SlowDrip_IsLeftAfterTheTimeout()
    {
        var time = new FakeTime();
        await using var server = await FakeUpstream.StartAsync(async x =>
        {
            await x.StartAsync("text/plain");
            while (!x.Aborted.IsCancellationRequested)
            {
                await x.SendAsync("c");
                time.Advance(TimeSpan.FromSeconds(1));
            }
        });
        using var tool = Local(server, time: time);

        Assert.Equal("site.example did not send the page within 10 seconds.", await RefusalAsync(tool, Address(server)));
    }

    [Fact]
    public async Task V11_Fetch_NoAnswerAtAll_IsLeftAfterTheTimeout()
    {
        var time = new FakeTime();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var tool = Local(port, time: time);
        var reading = RefusalAsync(tool, $"http://site.example:{port}/");
        await Eventually.Holds(() => time.ArmedTimers > 0, "the time-out");
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Contains("within 10 seconds", await reading, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_StoppedByItsRun_EndsAtOnce()
    {
        await using var server = await FakeUpstream.StartAsync(async x =>
        {
            await x.StartAsync("text/plain");
            await Task.Delay(Timeout.Infinite, x.Aborted);
        });
        using var tool = Local(server);
        using var stop = new CancellationTokenSource();
        var reading = tool.Tools[0].Function.InvokeAsync(new AIFunctionArguments { ["url"] = Address(server) }, stop.Token).AsTask();
        await Eventually.Holds(() => !server.Exchanges.IsEmpty, "the request");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Theory]
    [InlineData("image/png", "is image/png. Only text")]
    [InlineData("application/octet-stream", "Only text")]
    [InlineData("application/pdf", "Only text")]
    public async Task Fetch_NoText_IsRefused(string type, string reason)
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(200, "x", type));
        using var tool = Local(server);

        Assert.Contains(reason, await RefusalAsync(tool, Address(server)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Fetch_ErrorStatus_IsTold(int status)
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(status, "no", "text/html"));
        using var tool = Local(server);

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"status {status}"), await RefusalAsync(tool, Address(server)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain; charset=windows-1252", "Gr\u00FC\u00DFe")]
    [InlineData("text/plain; charset=iso-8859-1", "Gr\u00FC\u00DFe")]
    [InlineData("text/html", "<meta charset='windows-1252'><p>Gr\u00FC\u00DFe</p>")]
    [InlineData("text/html", "<meta http-equiv=Content-Type content=\"text/html; charset=iso-8859-1\"><p>Gr\u00FC\u00DFe</p>")]
    public async Task Fetch_OtherCharacterSet_IsReadAsItSays(string type, string body)
    {
        await using var server = await FakeUpstream.StartAsync(async x =>
        {
            await x.StartAsync(type);
            await x.SendAsync(Encoding.Latin1.GetBytes(body));
        });
        using var tool = Local(server);

        Assert.EndsWith("\nGrüße", await ReadAsync(tool, Address(server)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_WebPage_BecomesReadableText()
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(200, """
            <!doctype html><html><head><title>News &amp;
              more</title><style>p { color: red }</style><script>if (a < b) document.write("<p>no</p>")</script></head>
            <body><nav><a href="/home">Home</a></nav><!-- <p>no</p> -->
            <h1>The   heading</h1><p>One <b>bold</b> word,<br>a line &lt;b&gt; and a <a title="a > b" href="/more?a=1&amp;b=2">link</a>.</p>
            <ul><li>First<li>Second</ul><table><tr><td>1<td>2</table><table><tr><th>a</th><td>b</td></tr></table>
            <pre>  two
              lines</pre><a href="javascript:alert(1)">not a link</a> <img src=x alt="A picture"> 1 < 2
            <p>This page has enough words to be taken for one that says something by itself, without what leads around the site that it belongs to, which is left out of what a model is given.</p>
            <footer>Imprint</footer></body></html>
            """, "text/html; charset=utf-8"));
        using var tool = Local(server);

        var lines = (await ReadAsync(tool, Address(server))).Split('\n');
        Assert.Equal([Address(server), "News & more", "", "# The heading", ""], lines[..5]);
        Assert.Contains("One bold word,", lines);
        Assert.Contains($"a line <b> and a [link]({Address(server)}more?a=1&b=2).", lines);
        Assert.Contains("- First", lines);
        Assert.Contains("- Second", lines);
        Assert.Contains("a | b |", lines);
        Assert.Contains(lines, line => line.StartsWith("  two", StringComparison.Ordinal) || line == "two");
        Assert.Contains("not a link A picture 1 < 2", lines);
        Assert.DoesNotContain(lines, line => line.Contains("no</p>", StringComparison.Ordinal) || line.Contains("Imprint", StringComparison.Ordinal) || line.Contains("Home", StringComparison.Ordinal) || line.Contains("color", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<div>")]
    [InlineData("<a href=x>")]
    [InlineData("<a href='")]
    [InlineData("<!--")]
    [InlineData("<title>")]
    [InlineData("<nav>")]
    [InlineData("<")]
    [InlineData("</")]
    [InlineData("&amp;&lt;")]
    [InlineData("<b ")]
    [InlineData("<svg><script>")]
    [InlineData("<pre>\n")]
    public void HtmlText_MegabyteOfAnything_IsReadInOneGo(string piece) =>
        Assert.NotNull(HtmlText.Read(string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length)), new Uri("http://example.com/"), isCut: false, most: int.MaxValue));

    [Fact]
    public void V15_HtmlText_LinksWithALongBase_AreNoMoreThanIsWanted()
    {
        var url = new Uri($"http://example.com/{new string('x', 2000)}/");
        var page = HtmlText.Read(string.Concat(Enumerable.Repeat("<a href=x>y</a>", 60_000)), url, isCut: false, most: 50_000);

        Assert.InRange(page.Text.Length, 50_000, 53_000);
        Assert.True(page.IsCut);
    }

    [Theory]
    [InlineData("<p>Before <svg class=x /> after")]
    [InlineData("<p>Before <svg><path d='M0 0'/><title>no</title></svg> after")]
    [InlineData("<p>Before <video src=x/> after")]
    public void HtmlText_PictureWithOrWithoutInside_EndsWhereItEnds(string html) =>
        Assert.Equal("Before after", HtmlText.Read(html, new Uri("http://example.com/"), isCut: false, most: 1000).Text);

    [Fact]
    public async Task Fetch_Progress_IsReported()
    {
        await using var server = await FakeUpstream.StartAsync(x => x.RespondAsync(200, new string('x', 50_000), "text/plain"));
        using var tool = Local(server);
        var steps = new List<ToolProgress>();
        var call = new ToolCall { Owner = "", RunId = "r", Report = steps.Add };
        await tool.Tools[0].Function.InvokeAsync(new AIFunctionArguments { ["url"] = Address(server) }.With(call));

        Assert.Equal("Asking site.example", steps[0].Step);
        Assert.Contains(steps, step => step.Step == "Read 50 kB");
    }

    [Fact]
    public void Fetch_NotEnabled_IsNoTool()
    {
        using var tool = new FetchTool(Options.Create(new FetchOptions { Allow = { "*" } }), TimeProvider.System);

        Assert.Empty(tool.Tools);
    }

    [Fact]
    public void Fetch_Enabled_WantsAYesAndIsNoDefault()
    {
        using var tool = Tool(Nowhere, "*");

        Assert.Equal((ToolApproval.Once, false), (tool.Tools[0].Approval, tool.Tools[0].IsDefault));
        Assert.Equal(["url"], tool.Tools[0].Function.JsonSchema.GetProperty("properties").EnumerateObject().Select(property => property.Name));
    }

    [Theory]
    [InlineData("ChatApp:Tools:Fetch:Enabled", "true", "names no host")]
    [InlineData("ChatApp:Tools:Fetch:Allow:0", "https://example.com/", "is no host")]
    [InlineData("ChatApp:Tools:Fetch:Allow:0", "exam*ple.com", "is no host")]
    [InlineData("ChatApp:Tools:Fetch:Timeout", "soon", "is not a duration")]
    [InlineData("ChatApp:Tools:Fetch:MaxByte", "1", "Did you mean ChatApp:Tools:Fetch:MaxBytes?")]
    [InlineData("ChatApp:Tools:Fetsh:Enabled", "true", "Did you mean ChatApp:Tools:Fetch?")]
    public async Task Settings_OfFetch_ThatAreWrongAreNamed(string key, string value, string said)
    {
        await using var app = Program.Build([$"--{key}={value}"]);
        var exception = Assert.ThrowsAny<Exception>(() => ((IStartupValidator)app.Services.GetService(typeof(IStartupValidator))!).Validate());

        Assert.Contains(Program.SettingProblems(exception), problem => problem.Contains(said, StringComparison.Ordinal));
    }

    private static X509Certificate2 CertificateOfAnIssuerAt(string address)
    {
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var issuer = new CertificateRequest("CN=issuer", issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var signer = issuer.CreateSelfSigned(from, to);
        var request = new CertificateRequest("CN=site.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("site.example");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [address]));
        using var bare = request.Create(signer, from, to, [1, 2, 3]);
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), password: null);
    }

    // A resolver that knows nobody.
    private static readonly FetchNetwork Nowhere = new((_, _) => throw new SocketException((int)SocketError.HostNotFound), PublicAddresses.Contains);

    // Until it has answered, the server of the test stands for a public one.
    private static Func<IPAddress, bool> Seen(FakeUpstream server) => address => (IPAddress.IsLoopback(address) && server.Exchanges.IsEmpty) || PublicAddresses.Contains(address);

    private static string Address(FakeUpstream server) => $"http://site.example:{server.Address.Port.ToString(CultureInfo.InvariantCulture)}/";

    private static FetchTool Local(FakeUpstream server, int maxBytes = 1_000_000, TimeProvider? time = null) => Local(server.Address.Port, maxBytes, time);

    private static FetchTool Local(int port, int maxBytes = 1_000_000, TimeProvider? time = null) => new(
        Options.Create(new FetchOptions { Enabled = true, Allow = { string.Create(CultureInfo.InvariantCulture, $"site.example:{port}") }, MaxBytes = maxBytes }),
        time ?? TimeProvider.System,
        new FetchNetwork((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), IPAddress.IsLoopback));

    private static FetchTool Tool(FetchNetwork network, params string[] allow)
    {
        var options = new FetchOptions { Enabled = true };
        foreach (var line in allow)
        {
            options.Allow.Add(line);
        }

        return new FetchTool(Options.Create(options), TimeProvider.System, network);
    }

    private static async Task<string> ReadAsync(FetchTool tool, string url) =>
        ((JsonElement)(await tool.Tools[0].Function.InvokeAsync(new AIFunctionArguments { ["url"] = url }))!).GetString()!;

    private static async Task<string> RefusalAsync(FetchTool tool, string url) => (await Assert.ThrowsAsync<ToolException>(() => ReadAsync(tool, url))).Message;
}

internal static class ArgumentsOfACall
{
    /// <summary>The arguments as they come from a run.</summary>
    public static AIFunctionArguments With(this AIFunctionArguments arguments, ToolCall call)
    {
        arguments.Context = new Dictionary<object, object?> { [typeof(ToolCall)] = call };
        return arguments;
    }
}
