using System.Text.Json;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Tools that do what the test says.</summary>
internal sealed class FakeTools : IToolSource
{
    private readonly List<Tool> _tools = [];

    public IReadOnlyList<Tool> Tools => _tools;

    public ToolBox Box => new([this]);

    public FakeTools Add(
        string name, Func<AIFunctionArguments, CancellationToken, Task<object?>> call, ToolApproval approval = ToolApproval.Never, bool isDefault = true, TimeSpan? timeout = null)
    {
        _tools.Add(new Tool(new Function(name, call)) { IsDefault = isDefault, Approval = approval, Timeout = timeout, Source = "tests" });
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
