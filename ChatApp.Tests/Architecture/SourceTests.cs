using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Architecture;

/// <summary>Words that no source file of the app may hold, each with the promise it would break.</summary>
public sealed class SourceTests
{
    [Theory]
    [InlineData("MarkupString", "a model's output makes no element that is not on the allow-list")]
    [InlineData("AddMarkupContent", "a model's output makes no element that is not on the allow-list")]
    [InlineData("UseAdvancedExtensions", "extensions are added one by one")]
    [InlineData("DateTime.Now", "time is a parameter")]
    [InlineData("DateTime.UtcNow", "time is a parameter")]
    [InlineData("DateTimeOffset.UtcNow", "time is a parameter")]
    [InlineData("Stopwatch", "time is a parameter")]
    [InlineData("Thread.Sleep", "no thread is blocked")]
    [InlineData(".GetAwaiter().GetResult()", "no thread is blocked")]
    public void Sources_OfTheApp_DoNotHold(string word, string promise)
    {
        var files = Repository.Files("ChatApp", ".cs", ".razor")
            .Where(file => File.ReadLines(file).Any(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && line.Contains(word, StringComparison.Ordinal)));
        Assert.True(!files.Any(), $"{string.Join(", ", files)}: {promise}");
    }
}
