using System.Diagnostics;
using System.Text.Json;

namespace ChatApp.Tests.Infrastructure;

/// <summary>
/// Runs a script of <c>ChatApp.Tests/Clients</c> in Node, where the official clients are, against a live server. A script gets the server's
/// address as its first argument and prints what it saw as one JSON value; it fails by throwing.
/// </summary>
internal static class NodeClient
{
    private static readonly string Folder = Path.Combine(Repository.Root, "ChatApp.Tests", "Clients");

    /// <summary>Runs <paramref name="script"/> and gives what it printed.</summary>
    public static async Task<JsonElement> RunAsync(string script, Uri server, params string[] args)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Folder, "node_modules")), "The npm clients are not installed. ./test.sh installs them.");
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, script), server.ToString().TrimEnd('/'), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder,
        };
        using var node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Eventually.Limit * 3);
        try
        {
            var (output, error) = (node.StandardOutput.ReadToEndAsync(limit.Token), node.StandardError.ReadToEndAsync(limit.Token));
            await node.WaitForExitAsync(limit.Token);
            Assert.True(node.ExitCode == 0, $"{script} failed:\n{await error}\n{await output}");
            return JsonElement.Parse(await output);
        }
        finally
        {
            if (!node.HasExited)
            {
                node.Kill(entireProcessTree: true);
            }
        }
    }
}
