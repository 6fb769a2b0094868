using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace ChatApp.Tests.Infrastructure;

internal static class AssemblyLoading
{
    // bUnit was built against a newer AngleSharp.Diffing than Directory.Packages.props pins; the older one serves it as well.
    [ModuleInitializer]
    internal static void Initialize() =>
        AssemblyLoadContext.Default.Resolving += (context, name) => name.Name == "AngleSharp.Diffing"
            ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "AngleSharp.Diffing.dll"))
            : null;
}
