using System.Diagnostics;
using System.Text.RegularExpressions;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Docs;

/// <summary>
/// The examples of <c>docs/api.md</c> against a live server, as they stand but for its address. The comment above each says whether to run it
/// (<c>later</c> stands where its protocol is not there yet) and what it has to print.
/// </summary>
public sealed partial class ApiDocTests
{
    private const string Address = "http://localhost:5080";

    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    private static readonly List<Example> All = [.. Examples()];

    public static TheoryData<string> Names => [.. All.Where(example => example.Expected is not null).Select(example => example.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Example_AsItStands_Works(string name)
    {
        var example = All.Single(example => example.Name == name);
        await using var app = await TestApp.StartAsync();
        var folder = Directory.CreateTempSubdirectory("chatapp-example-").FullName;
        try
        {
            var text = example.Text
                .Replace(Address, app.Client.BaseAddress!.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
                .Replace(Address.Replace("http:", "ws:", StringComparison.Ordinal), $"ws://{app.Client.BaseAddress!.Authority}", StringComparison.Ordinal);
            var (code, output) = await (example.Language == "js" ? RunModuleAsync(folder, text) : RunAsync(folder, "bash", "-euo", "pipefail", "-c", text));

            Assert.True(code == 0, output);
            Assert.Contains(example.Expected!, output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Examples_OfShellAndJavaScript_SayWhetherToRunThem()
    {
        var text = File.ReadAllText(Path.Combine(Docs, "api.md"));

        Assert.Equal(Fence().Count(text), All.Count);
        Assert.True(All.Count(example => example.Expected is not null) >= 9);
    }

    [Fact]
    public async Task CSharp_Examples_AreTheSamplesThatAreCompiledHere()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Docs, "api.md"), TestContext.Current.CancellationToken);
        var source = Lines(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "ChatApp.Tests", "Docs", "ApiDocSamples.cs"), TestContext.Current.CancellationToken));
        var examples = CSharp().Matches(text).Select(match => Lines(Preamble().Replace(match.Groups["text"].Value, ""))).ToList();

        Assert.Equal(2, examples.Count);
        Assert.All(examples, example => Assert.Contains(example, source, StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Output)> RunModuleAsync(string folder, string text)
    {
        var modules = Path.Combine(Repository.Root, "ChatApp.Tests", "Clients", "node_modules");
        Assert.SkipUnless(Directory.Exists(modules), "The npm clients are not installed. ./test.sh installs them.");
        Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), modules);
        File.Copy(Path.Combine(Docs, "fetch-client.js"), Path.Combine(folder, "fetch-client.js"));
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "example.mjs"), text);
        return await RunAsync(folder, "node", "example.mjs");
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, string command, params string[] args)
    {
        var start = new ProcessStartInfo(command, args) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder };
        // Node 22 has WebSocket by itself; the one before needs to be told.
        start.Environment["NODE_OPTIONS"] = "--experimental-websocket";
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Eventually.Limit * 2);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static IEnumerable<Example> Examples()
    {
        var heading = "";
        var count = 0;
        foreach (Match match in Marked().Matches(File.ReadAllText(Path.Combine(Docs, "api.md"))))
        {
            if (match.Groups["heading"] is { Success: true } next)
            {
                (heading, count) = (next.Value, 0);
                continue;
            }

            var (language, mark) = (match.Groups["language"].Value, match.Groups["mark"].Value);
            yield return new Example($"{heading} {++count} ({language})", language, mark.StartsWith("later", StringComparison.Ordinal) ? null : mark["expect ".Length..], match.Groups["text"].Value);
        }
    }

    // Without indentation, which differs.
    private static string Lines(string text) => string.Join('\n', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <param name="Name">Its heading, and which one below it.</param>
    /// <param name="Language">bash or js.</param>
    /// <param name="Expected">A part of what it prints; null where it is not run.</param>
    /// <param name="Text">The example.</param>
    private sealed record Example(string Name, string Language, string? Expected, string Text);

    [GeneratedRegex("^```(bash|js)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fence();

    [GeneratedRegex("^## (?<heading>.+)$|^<!-- run: (?<mark>(later, )?expect .+) -->\n```(?<language>bash|js)\n(?<text>(.*\n)*?)```$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marked();

    [GeneratedRegex("^```csharp\n(?<text>(.*\n)*?)```$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CSharp();

    // What stands elsewhere in a test: using lines, and the address.
    [GeneratedRegex("^(using [A-Z].*;|var server = .*)\n", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Preamble();
}
