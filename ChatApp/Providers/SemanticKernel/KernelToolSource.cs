using ChatApp.Tools;
using Microsoft.SemanticKernel;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>The functions of a kernel's plugins as tools of every model, named <c>plugin_function</c>. They are looked up once, when the first is asked for.</summary>
internal sealed class KernelToolSource(IServiceProvider services, KernelServices chats) : IToolSource
{
    private readonly Lazy<IReadOnlyList<Tool>> _tools = new(() =>
    {
        if (!chats.HasKernel)
        {
            return [];
        }

        using var scope = services.CreateScope();
        var kernel = scope.ServiceProvider.GetRequiredService<Kernel>();
        return [.. kernel.Plugins.SelectMany(plugin => plugin.Select(function => new Tool(new KernelTool(services, plugin.Name, function)) { Source = plugin.Name, IsDefault = true }))];
    });

    public IReadOnlyList<Tool> Tools => _tools.Value;
}
