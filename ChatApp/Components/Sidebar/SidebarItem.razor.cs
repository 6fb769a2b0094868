using ChatApp.Conversations;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Sidebar;

/// <summary>One conversation of the sidebar. It renders only when what it shows is another.</summary>
public sealed partial class SidebarItem
{
    private (ConversationItem?, string?, bool, bool) _shown;
    private bool _isRenaming;
    private bool _linkTakesFocus;
    private string _title = "";

    /// <summary>The conversation.</summary>
    [Parameter, EditorRequired]
    public required ConversationItem Item { get; set; }

    /// <summary>Where a search found it: the words around.</summary>
    [Parameter]
    public string? Excerpt { get; set; }

    /// <summary>Whether it is the one that is open.</summary>
    [Parameter, EditorRequired]
    public required bool IsCurrent { get; set; }

    /// <summary>Gives it another title: its id, the title.</summary>
    [Parameter, EditorRequired]
    public required Func<string, string, Task> Rename { get; set; }

    /// <summary>Told when its title becomes a field, and when no longer.</summary>
    [Parameter]
    public Action<bool>? Renaming { get; set; }

    /// <summary>Whether it takes the focus as it comes.</summary>
    [Parameter]
    public bool TakesFocus { get; set; }

    /// <summary>Deletes it: its id.</summary>
    [Parameter, EditorRequired]
    public required Func<string, Task> Delete { get; set; }

    // The first render asks nobody whether it should.
    protected override void OnInitialized() => (_shown, _linkTakesFocus) = ((Item, Excerpt, IsCurrent, _isRenaming), TakesFocus);

    protected override bool ShouldRender()
    {
        var shown = (Item, Excerpt, IsCurrent, _isRenaming);
        var isStale = shown != _shown;
        _shown = shown;
        return isStale;
    }

    // Told once: sidebar.js acts on it as it is drawn.
    protected override void OnAfterRender(bool firstRender) => _linkTakesFocus = false;

    private void BeginRename()
    {
        (_title, _isRenaming) = (Item.Title, true);
        Renaming?.Invoke(true);
    }

    // Once: the field that goes away loses the focus as well.
    private async Task SaveAsync(bool byKey)
    {
        if (!_isRenaming)
        {
            return;
        }

        (_isRenaming, _linkTakesFocus) = (false, byKey);
        var renamed = _title == Item.Title ? Task.CompletedTask : Rename(Item.Id, _title);
        Renaming?.Invoke(false);
        await renamed;
    }
}
