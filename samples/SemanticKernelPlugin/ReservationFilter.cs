using System.Globalization;
using Microsoft.SemanticKernel;

namespace SemanticKernelPlugin;

/// <summary>Lets nobody reserve more than 50 pieces at once. What it throws is the call's result: the model and people read why.</summary>
internal sealed class ReservationFilter : IFunctionInvocationFilter
{
    private const int Most = 50;

    public Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next) =>
        context.Function.Name == "reserve" && int.TryParse(context.Arguments["count"]?.ToString(), CultureInfo.InvariantCulture, out var count) && count > Most
            ? throw new KernelException($"At most {Most} pieces may be reserved at once: ask for fewer, or a person in the warehouse.")
            : next(context);
}
