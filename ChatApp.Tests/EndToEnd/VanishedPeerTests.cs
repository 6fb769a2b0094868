using System.Diagnostics;
using System.Globalization;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

public sealed class VanishedPeerTests
{
    [Fact]
    public async Task Peer_WhoseNetworkIsCut_IsLetGoWithin15Seconds()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CHATAPP_NETNS") == "1", "Needs root and network name spaces, and takes 15 s: set CHATAPP_NETNS=1.");
        var script = Path.Combine(Repository.Root, "ChatApp.Tests", "EndToEnd", "vanished-peer.sh");
        using var process = Process.Start(new ProcessStartInfo("unshare", ["-nm", "bash", script, typeof(Program).Assembly.Location]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var seconds = await process.StandardOutput.ReadToEndAsync(limit.Token);

        Assert.InRange(int.Parse(seconds, CultureInfo.InvariantCulture), 5, 15);
    }
}
