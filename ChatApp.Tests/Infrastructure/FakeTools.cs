using System.Text.Json;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Tools that do what the test says, and may be changed at any time.</summary>
internal sealed class FakeTools(params Tool[] tools) : IToolSource
{
    public IReadOnlyList<Tool> Tools { get; set; } = tools;

    public ToolBox Box => new([this]);

    /// <summary>A tool that answers with its name and what it was called with.</summary>
    public static Tool Echo(string name, ToolApproval approval = ToolApproval.Never, bool isDefault = true, string description = "Says it again.") =>
        new(AIFunctionFactory.Create((string text) => $"{name}: {text}", name, description)) { Approval = approval, IsDefault = isDefault };

    public FakeTools Add(
        string name, Func<AIFunctionArguments, CancellationToken, Task<object?>> call, ToolApproval approval = ToolApproval.Never, bool isDefault = true, TimeSpan? timeout = null)
    {
        Tools = [.. Tools, new Tool(new Function(name, call)) { IsDefault = isDefault, Approval = approval, Timeout = timeout, Source = "tests" }];
        return this;
    }

    public FakeTools Add(string name, object? result, ToolApproval approval = ToolApproval.Never) => Add(name, (_, _) => Task.FromResult(result), approval);

    private sealed class Function(string name, Func<AIFunctionArguments, CancellationToken, Task<object?>> call) : AIFunction
    {
        public override string Name => name;

        public override string Description => $"Does {name}.";

        public override JsonElement JsonSchema { get; } = JsonElement.Parse("""{"type":"object"}""");

        protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) => await call(arguments, cancellationToken);
    }
}
