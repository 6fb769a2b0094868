namespace ChatApp.Tools;

/// <summary>Brings tools. To add some: implement this and register it beside the others.</summary>
public interface IToolSource
{
    /// <summary>The tools there are now; others may be there the next time. Never waits.</summary>
    IReadOnlyList<Tool> Tools { get; }
}
