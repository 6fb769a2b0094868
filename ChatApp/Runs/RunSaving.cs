namespace ChatApp.Runs;

/// <summary>How far the journal is with one run.</summary>
/// <param name="journal">The journal.</param>
/// <param name="run">The run.</param>
/// <param name="overflow">Ends the run, once more of it waits for the database than may.</param>
/// <param name="lost">Lets go of the run, which somebody else has ended.</param>
internal sealed class RunSaving(RunJournal journal, Run run, Action overflow, Action lost)
{
    private int _isQueued;

    public Run Run => run;

    public Action Overflow => overflow;

    public Action Lost => lost;

    /// <summary>The number of the last event that is stored. The journal's own.</summary>
    public long Saved { get; set; }

    /// <summary>Something was written.</summary>
    /// <param name="urgent">Whether somebody waits for just this.</param>
    public void OnWritten(bool urgent)
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            journal.Enqueue(this);
        }

        if (urgent)
        {
            journal.Hurry();
        }
    }

    /// <summary>The journal takes what there is now: what is written from here on is to be queued again.</summary>
    public void OnTaken() => Interlocked.Exchange(ref _isQueued, 0);
}
