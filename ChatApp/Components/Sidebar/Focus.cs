using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ChatApp.Components.Sidebar;

/// <summary>Gives the focus on when what had it goes away.</summary>
internal static class Focus
{
    /// <summary>Focuses an element, if it is still there.</summary>
    public static async Task TryFocusAsync(this ElementReference element)
    {
        try
        {
            await element.FocusAsync(preventScroll: true);
        }
        catch (Exception exception) when (exception is JSDisconnectedException or JSException or OperationCanceledException)
        {
            // It is gone by now, or the browser is.
        }
    }
}
