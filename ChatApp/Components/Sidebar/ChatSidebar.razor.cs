using ChatApp.Conversations;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Sidebar;

/// <summary>The stored conversations: to open, find, rename and delete.</summary>
public sealed partial class ChatSidebar : IDisposable
{
    /// <summary>How many characters are searched for at most.</summary>
    internal const int MostSearched = 200;

    private static readonly TimeSpan Settles = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private ConversationListSnapshot _shown = new();
    private TimeSpan _offset;
    private bool _isHeld;
    private string? _undone;
    private ITimer _typing = null!;
    private string _typed = "";
    private string? _left;

    /// <summary>The conversation that is open; null for a new one.</summary>
    [Parameter, EditorRequired]
    public required string? Current { get; set; }

    /// <summary>What the page was drawn with before its circuit: shown until the circuit has read the list itself, so that nothing flashes.</summary>
    [PersistentState]
    public SidebarState? Drawn { get; set; }

    /// <summary>How far the reader's clock is ahead of UTC, in minutes: the circuit knows it only from the page's request.</summary>
    [PersistentState]
    public int? OffsetMinutes { get; set; }

    [CascadingParameter]
    private HttpContext? Request { get; set; }

    [Inject]
    private ConversationList List { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    // It may not be among what is searched for.
    private bool IsUndoneUnseen => _undone is not null && _shown.Deleted is null && _shown.Search.Length > 0;

    public void Dispose()
    {
        List.Changed -= OnChanged;
        _typing.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        _typing = Time.CreateTimer(_ => _ = InvokeAsync(() => List.SearchAsync(_typed)), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        OffsetMinutes ??= (int)ReaderClock.Parse(Request?.Request.Cookies[ReaderClock.Cookie]).TotalMinutes;
        _offset = TimeSpan.FromMinutes(OffsetMinutes.Value);
        _shown = List.Snapshot;
        if (Drawn is { } drawn && !_shown.IsLoaded)
        {
            _shown = new() { Items = [.. drawn.Items], HasMore = drawn.HasMore, IsLoaded = true };
        }

        List.Changed += OnChanged;
        await LoadAsync();
        if (Request is not null && List.Snapshot is { IsLoaded: true } read)
        {
            Drawn = new SidebarState([.. read.Items], read.HasMore);
        }
        else
        {
            Drawn = null;
        }
    }

    // A page that is drawn and sent must not wait for a database that takes its time: then the circuit brings the list.
    private async Task LoadAsync()
    {
        try
        {
            await List.LoadAsync().WaitAsync(Patience, Time);
        }
        catch (TimeoutException)
        {
            // It comes by Changed, once it comes.
        }
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (IsUndoneUnseen || _shown.Items.Any(item => item.Id == _undone))
        {
            _undone = null;
        }
    }

    private void OnChanged() => _ = InvokeAsync(ShowList);

    private void ShowList()
    {
        if (!_isHeld && !ReferenceEquals(_shown, List.Snapshot))
        {
            // A list that could not be read leaves what was drawn.
            _shown = List.Snapshot is { IsLoaded: false, Problem: { } problem } ? _shown with { Problem = problem } : List.Snapshot;
            StateHasChanged();
        }
    }

    // An item that moves takes the field with it out of the page, and what is typed there: the list waits meanwhile.
    private void Hold(bool isRenaming)
    {
        _isHeld = isRenaming;
        ShowList();
    }

    private void OnSearch(ChangeEventArgs change)
    {
        var text = change.Value as string ?? "";
        _typed = text.Length > MostSearched ? text[..MostSearched] : text;
        _typing.Change(Settles, Timeout.InfiniteTimeSpan);
    }

    private Task RenameAsync(string id, string title) => List.RenameAsync(id, title);

    private async Task DeleteAsync(string id)
    {
        await List.DeleteAsync(id);
        if (List.Snapshot.Deleted?.Id == id)
        {
            _left = id == Current ? id : null;
            if (_left is not null)
            {
                Navigation.NavigateTo("/");
            }
        }
    }

    private async Task UndoAsync()
    {
        var deleted = List.Snapshot.Deleted?.Id;
        _undone = deleted;
        await List.UndoDeleteAsync();
        _undone = List.Snapshot.Deleted is null ? _undone : null;
        if (deleted is not null && deleted == _left && List.Snapshot.Deleted is null)
        {
            Navigation.NavigateTo($"/c/{deleted}");
        }
    }
}

/// <summary>The sidebar as it was drawn.</summary>
public sealed record SidebarState(IReadOnlyList<ConversationItem> Items, bool HasMore);
