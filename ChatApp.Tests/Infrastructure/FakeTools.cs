using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Tools of the test's own, which may be changed at any time.</summary>
internal sealed class FakeTools(params Tool[] tools) : IToolSource
{
    public IReadOnlyList<Tool> Tools { get; set; } = tools;

    /// <summary>A tool that answers with its name and what it was called with.</summary>
    public static Tool Echo(string name, ToolApproval approval = ToolApproval.Never, bool isDefault = true, string description = "Says it again.") =>
        new(AIFunctionFactory.Create((string text) => $"{name}: {text}", name, description)) { Approval = approval, IsDefault = isDefault };
}
