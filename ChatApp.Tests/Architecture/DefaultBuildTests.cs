namespace ChatApp.Tests.Architecture;

/// <summary>What only a build that asks for it has is in no other.</summary>
public sealed class DefaultBuildTests
{
    [Fact]
    public void Assembly_OfTheDefaultBuild_HasNothingOfSemanticKernel()
    {
        var app = typeof(Program).Assembly;

        Assert.DoesNotContain(app.GetReferencedAssemblies(), reference => reference.Name!.Contains("SemanticKernel", StringComparison.Ordinal) || reference.Name is "OpenAI" or "Microsoft.Extensions.AI");
        Assert.DoesNotContain(app.GetTypes(), type => type.FullName!.Contains("SemanticKernel", StringComparison.Ordinal) || type.Name.StartsWith("Kernel", StringComparison.Ordinal));
        Assert.DoesNotContain(Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll"), file => Path.GetFileName(file).Contains("SemanticKernel", StringComparison.Ordinal));
    }
}
