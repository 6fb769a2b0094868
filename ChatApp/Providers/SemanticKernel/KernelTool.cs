using System.Text.Json;
using ChatApp.Tools;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>
/// A function of a plugin. Each call has a kernel of its own and goes through it, so that the kernel's function filters run: called as the
/// <see cref="AIFunction"/> that it is, it would pass them by.
/// </summary>
internal sealed class KernelTool(IServiceProvider services, string plugin, KernelFunction function) : AIFunction
{
    private readonly string _function = function.Name;

    public override string Name { get; } = $"{plugin}_{function.Name}";

    public override string Description { get; } = function.Description;

    public override JsonElement JsonSchema { get; } = function.JsonSchema;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var kernel = scope.ServiceProvider.GetRequiredService<Kernel>();
        try
        {
            // Its context says to filters and functions which run calls: ToolCall.Of(context.Arguments).
            var given = new KernelArguments(arguments) { Context = arguments.Context, Services = scope.ServiceProvider };
            var result = await kernel.InvokeAsync(kernel.Plugins.GetFunction(plugin, _function), given, cancellationToken);
            return result.GetValue<object>() is KernelContent content ? content.ToString() : result.GetValue<object>();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToolException("The call was cancelled by the kernel, or by one of its filters.");
        }
        catch (KernelException exception)
        {
            // What a kernel and its filters say is meant to be read: a missing argument, or why a call is not made.
            throw new ToolException(exception.Message);
        }
    }
}
