using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests;

/// <summary>What the app says of settings it can't start with.</summary>
public sealed class ProgramTests
{
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
