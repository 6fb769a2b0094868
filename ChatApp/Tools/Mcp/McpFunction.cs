using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Tools.Mcp;

/// <summary>A server's tool as models are told of it.</summary>
/// <param name="name">The name that models use.</param>
/// <param name="description">What it does, in the server's words.</param>
/// <param name="schema">Its arguments.</param>
/// <param name="call">Calls it.</param>
internal sealed class McpFunction(string name, string description, JsonElement schema, Func<AIFunctionArguments, CancellationToken, Task<string>> call) : AIFunction
{
    public override string Name => name;

    public override string Description => description;

    public override JsonElement JsonSchema => schema;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) => await call(arguments, cancellationToken);
}
