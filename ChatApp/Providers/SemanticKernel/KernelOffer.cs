using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>
/// The tools of one request as functions of no plugin, so that the names the model is told are ours: a connector writes those of a plugin
/// <c>math-add</c>, other parts of the same package <c>math_add</c>. A name with characters that a function may not have gets others, and back.
/// </summary>
internal sealed partial class KernelOffer
{
    private readonly Dictionary<string, string> _kernels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _ours = new(StringComparer.Ordinal);

    internal KernelOffer(ChatOptions? options)
    {
        var functions = new List<KernelFunction>();
        foreach (var tool in options?.Tools?.OfType<AIFunctionDeclaration>() ?? [])
        {
            if (_kernels.ContainsKey(tool.Name))
            {
                continue;
            }

            var name = Allowed(tool.Name);
            while (!_ours.TryAdd(name, tool.Name))
            {
                name += "_";
            }

            _kernels.Add(tool.Name, name);
            functions.Add(new Offered(tool, name).AsKernelFunction());
        }

        Choice = functions.Count == 0 ? null : ChoiceOf(functions, options!);
    }

    /// <summary>What the model may do with them; null where there are none.</summary>
    internal FunctionChoiceBehavior? Choice { get; }

    /// <summary>Our name of what the model calls.</summary>
    internal string NameOf(string function) => _ours.GetValueOrDefault(function, function);

    /// <summary>The model's name of a tool of ours, also of one that is offered no more.</summary>
    internal string FunctionOf(string name) => _kernels.TryGetValue(name, out var known) ? known : Allowed(name);

    /// <summary>The same options with tools that whoever reads them can offer and not call.</summary>
    internal static ChatOptions? Declare(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools)
        {
            return options;
        }

        options = options.Clone();
        options.Tools = [.. tools.Select(tool => tool is AIFunction function ? function.AsDeclarationOnly() : tool)];
        return options;
    }

    private FunctionChoiceBehavior ChoiceOf(List<KernelFunction> functions, ChatOptions options)
    {
        var how = new FunctionChoiceBehaviorOptions { AllowParallelCalls = options.AllowMultipleToolCalls };
        return options.ToolMode switch
        {
            NoneChatToolMode => FunctionChoiceBehavior.None(functions, how),
            RequiredChatToolMode { RequiredFunctionName: { } name } => FunctionChoiceBehavior.Required([.. functions.Where(function => function.Name == FunctionOf(name))], autoInvoke: false, how),
            RequiredChatToolMode => FunctionChoiceBehavior.Required(functions, autoInvoke: false, how),
            _ => FunctionChoiceBehavior.Auto(functions, autoInvoke: false, how),
        };
    }

    private static string Allowed(string name) => NotAllowed().Replace(name, "_");

    [GeneratedRegex("[^0-9A-Za-z_-]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NotAllowed();

    /// <summary>A tool under the name that a kernel takes.</summary>
    private sealed class Offered(AIFunctionDeclaration tool, string name) : AIFunction
    {
        public override string Name => name;

        public override string Description => tool.Description;

        public override JsonElement JsonSchema { get; } = KernelSchema.Of(tool.JsonSchema);

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The run makes the calls.");
    }
}
